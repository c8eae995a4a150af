import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { defaultPort, parseHost, redactQuery, redactUrl, splitTarget } from '../../middleware/url-parts.ts';

describe('splitTarget', () => {
  for (const [target, path, query] of [
    ['/', '/', undefined],
    ['/a/b', '/a/b', undefined],
    ['/a?b=1', '/a', 'b=REDACTED'],
    ['/a?', '/a', undefined],
    ['/a?b', '/a', 'b'],
    ['/a?b=http://x/y', '/a', 'b=REDACTED'],
    ['*', '*', undefined],
    ['//', '//', undefined],
    ['//host/a?b=1', '//host/a', 'b=REDACTED'],
    ['http://host/a?b=1', '/a', 'b=REDACTED'],
    ['http://host', '/', undefined],
    ['http://host/', '/', undefined],
    ['http://host?token=a/b', '/', 'token=REDACTED'],
    ['a?next=http://host/s3cret', 'a', 'next=REDACTED'],
    ['http://user:s3cret@host/a', '/a', undefined],
    ['', '/', undefined],
  ] as const) {
    test(`splits ${JSON.stringify(target)}`, () => assert.deepEqual(splitTarget(target), { path, query }));
  }

  test('lets no query value through, and is bounded, whatever the target', () => {
    const secret = 'S3CRET';
    const form = fc.constantFrom(
      '/',
      '',
      '/a/b',
      '//',
      'http://host',
      'http://host/',
      'https://u:p@host:1/a',
      '*',
      'x',
    );
    fc.assert(
      fc.property(form, fc.array(fc.stringMatching(/^[a-z/:?#;%=+]{0,6}$/), { minLength: 1 }), (start, names) => {
        const target = `${start}?${names.map((name) => `k${name.replaceAll('=', '')}=${secret}${name}`).join('&')}`;
        const { path, query } = splitTarget(target);
        assert.ok(!path.includes(secret) && !(query ?? '').includes(secret), `${path} ? ${query}`);
        assert.ok(path.length <= 4096 && (query ?? '').length <= 4096);
      }),
    );
  });

  test('never throws and is bounded, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 10_000, unit: 'binary' }), (target) => {
        const { path, query } = splitTarget(target);
        assert.ok(path.length <= 4096 && (query ?? '').length <= 4096);
      }),
      { numRuns: 50 },
    );
  });
});

describe('redactQuery', () => {
  for (const [query, redacted] of [
    ['', undefined],
    ['a=1', 'a=REDACTED'],
    ['a=1&b=2', 'a=REDACTED&b=REDACTED'],
    ['a=', 'a='],
    ['a', 'a'],
    ['a=b=c', 'a=REDACTED'],
    ['a=1;b=2', 'a=REDACTED'],
    ['&&', '&&'],
    ['=x', '=REDACTED'],
  ] as const) {
    test(`makes ${redacted} of ${JSON.stringify(query)}`, () => assert.equal(redactQuery(query), redacted));
  }
});

test('keeps the values of parameters that are allowed, as they are spelled', () => {
  const allowed = new Set(['page', 'sort']);
  assert.equal(
    redactQuery('page=2&token=x&Page=3&sort=&sort=a=b&pa%67e=4', allowed),
    'page=2&token=REDACTED&Page=REDACTED&sort=&sort=a=b&pa%67e=REDACTED',
  );
  assert.equal(splitTarget('/a?page=2', allowed).query, 'page=2');
  assert.equal(
    redactUrl(new URL('http://host/?page=2&t=x#page=2&t=x'), allowed),
    'http://host/?page=2&t=REDACTED#page=2&t=REDACTED',
  );
});

describe('redactUrl', () => {
  for (const [url, redacted] of [
    ['http://host/a', 'http://host/a'],
    ['http://user:s3cret@host:81/a?b=s3cret#top', 'http://REDACTED:REDACTED@host:81/a?b=REDACTED#top'],
    ['http://user@host/', 'http://REDACTED:REDACTED@host/'],
    ['https://host/?a', 'https://host/?a'],
    ['https://host/#access_token=s3cret&state', 'https://host/#access_token=REDACTED&state'],
  ] as const) {
    test(`makes ${redacted}`, () => assert.equal(redactUrl(new URL(url)), redacted));
  }

  test('is bounded for any URL', () => {
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true }), (url) => redactUrl(new URL(url)).length <= 4096));
    assert.equal(redactUrl(new URL(`http://host/${'a'.repeat(9000)}`)).length, 4096);
  });
});

describe('parseHost', () => {
  for (const [header, scheme, parsed] of [
    ['shop', 'http', { host: 'shop', port: 80 }],
    ['shop', 'https', { host: 'shop', port: 443 }],
    ['shop:8080', 'http', { host: 'shop', port: 8080 }],
    ['[::1]:8080', 'http', { host: '[::1]', port: 8080 }],
    ['[::1]', 'https', { host: '[::1]', port: 443 }],
    ['', 'http', undefined],
    ['canary:s3cret@shop:8080', 'http', { host: 'shop', port: 8080 }],
    ['a@b@shop', 'http', { host: 'shop', port: 80 }],
    ['canary:s3cret@', 'http', undefined],
    ['shop:', 'http', { host: 'shop', port: 80 }],
    ['shop:junk', 'http', { host: 'shop', port: 80 }],
    ['shop:0x50', 'https', { host: 'shop', port: 443 }],
    ['shop:8e3', 'http', { host: 'shop', port: 80 }],
    ['shop: 90', 'http', { host: 'shop', port: 80 }],
    ['shop:-1', 'http', { host: 'shop', port: 80 }],
    ['shop:0', 'http', { host: 'shop', port: 80 }],
    ['shop:65536', 'http', { host: 'shop', port: 80 }],
  ] as const) {
    test(`reads ${JSON.stringify(header)} of ${scheme}`, () => assert.deepEqual(parseHost(header, scheme), parsed));
  }

  test('never throws, is bounded, and always names a port', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 600 }), (header) => {
        const parsed = parseHost(header, 'http');
        if (header.endsWith('@')) return assert.equal(parsed, undefined);
        assert.ok(parsed !== undefined && parsed.host.length <= 256 && parsed.port > 0 && parsed.port < 65536);
      }),
    );
  });
});

test('defaultPort knows http and https', () => {
  assert.deepEqual([defaultPort('http'), defaultPort('https')], [80, 443]);
});
