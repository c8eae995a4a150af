import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { joinTemplate, mountBefore, mountTemplate, routePattern } from '../../middleware/server/route.ts';

describe('mountTemplate', () => {
  for (const [path, params, template] of [
    ['/api', {}, '/api'],
    ['/v1/shops', { version: 'v1' }, '/:version/shops'],
    ['/v1/ann', { version: 'v1', user: 'ann' }, '/:version/:user'],
    ['/a%2Fb', { city: 'a/b' }, '/:city'],
    ['/K%C3%B6ln', { city: 'Köln' }, '/:city'],
    ['/%zz', { city: '%zz' }, '/:city'],
    ['/users/users', { name: 'users' }, '/users/:name'],
    ['/7/7', { a: '7', b: '7' }, '/:a/:b'],
    ['/files/a/b', { path: ['a', 'b'] }, '/files/*path'],
    ['/files/a', { path: ['a'] }, '/files/*path'],
    ['/files/a/b', { 0: 'a/b' }, '/files/*'],
    ['/r/12', { 0: '12' }, '/r/*'],
    ['/x', { missing: undefined, empty: '', list: [] }, '/x'],
    ['/x', undefined, '/x'],
    ['/x', null, '/x'],
    ['/x', 'x', '/x'],
  ] as const) {
    test(`makes ${template} of ${path} and ${JSON.stringify(params)}`, () => {
      assert.equal(mountTemplate(path, params), template);
    });
  }

  test('gives back the template of any path whose values are told apart', () => {
    const segment = fc.stringMatching(/^[a-z]{1,8}$/);
    const parts = fc.uniqueArray(segment, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (values, isParameter) => {
        const named = values.map((value, i) => (isParameter[i] ? ([`p${i}`, value] as const) : undefined));
        const params = Object.fromEntries(named.filter((pair) => pair !== undefined));
        const template = values.map((value, i) => (isParameter[i] ? `/:p${i}` : `/${value}`)).join('');
        assert.equal(mountTemplate(`/${values.join('/')}`, params), template);
      }),
    );
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (path, params) => typeof mountTemplate(path, params) === 'string'),
    );
  });
});

describe('joinTemplate', () => {
  for (const [mount, pattern, joined] of [
    ['', '/users', '/users'],
    ['', '/', '/'],
    ['/api', '/users', '/api/users'],
    ['/api/', '/users', '/api/users'],
    ['/api', '/', '/api'],
    ['/api', '', '/api'],
  ] as const) {
    test(`joins ${JSON.stringify(mount)} and ${JSON.stringify(pattern)} to ${joined}`, () => {
      assert.equal(joinTemplate(mount, pattern), joined);
    });
  }
});

describe('mountBefore', () => {
  for (const [path, pattern, lastMount, mount] of [
    ['/m/users/7', '/users/:id', '/m', '/m'],
    ['/a/b/users/7', '/users/:id', '/b', '/a/b'],
    ['/m', '/', '/m', '/m'],
    ['/m/', '/', '/m', '/m'],
    ['/users/7', '/users/:id', '/left', ''],
    ['/m/files/a/b', '/files/{*path}', '/m', '/m'],
    ['/m/files/a/b', '/files/(.*)', '/m/', '/m'],
    ['/files/a/b', '/files/(.*)', '/left', ''],
  ] as const) {
    test(`finds ${JSON.stringify(mount)} before ${pattern} in ${path}`, () => {
      assert.equal(mountBefore(path, pattern, lastMount), mount);
    });
  }
});

test('routePattern shows text, expressions and lists of them', () => {
  assert.equal(routePattern('/users/:id'), '/users/:id');
  assert.equal(routePattern(/^\/a(\d)$/), '/^\\/a(\\d)$/');
  assert.equal(routePattern(['/a', /b/]), '/a,/b/');
});
