import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  NOT_FOLLOWED,
  NOTHING_WRITTEN,
  RedirectTrail,
  redirectTarget,
} from '../../middleware/client/redirect-trail.ts';
import { Scope } from '../../src/core/scope/scope.ts';

const TARGET = new URL('http://shop/next?a=1#top');
const once = { sends: 1, written: NOTHING_WRITTEN };

describe('the trail of redirects', () => {
  it('leads one request of the same scope to the same place, fragment aside', () => {
    const trail = new RedirectTrail(() => 0);
    const scope = new Scope();
    trail.note(scope, TARGET, once);
    assert.equal(trail.take(new Scope(), TARGET), NOT_FOLLOWED);
    assert.equal(trail.take(scope, new URL('http://shop/next?a=2')), NOT_FOLLOWED);
    assert.equal(trail.take(scope, new URL('https://shop/next?a=1')), NOT_FOLLOWED);
    assert.equal(trail.take(scope, new URL('http://shop/next?a=1')), once);
    assert.equal(trail.take(scope, new URL('http://shop/next?a=1')), NOT_FOLLOWED);
  });

  it('goes cold after a second', () => {
    let nowMs = 0;
    const trail = new RedirectTrail(() => nowMs);
    const scope = new Scope();
    trail.note(scope, TARGET, once);
    nowMs = 1001;
    assert.equal(trail.take(scope, TARGET), NOT_FOLLOWED);
  });

  it('keeps the newest 64, whoever follows none', () => {
    const trail = new RedirectTrail(() => 0);
    const scope = new Scope();
    const place = (at: number): URL => new URL(`http://shop/${at}`);
    for (let at = 0; at < 100_000; at++) trail.note(scope, place(at), once);
    const found = Array.from({ length: 200 }, (_, at) => trail.take(scope, place(99_999 - at)));
    assert.equal(found.filter((followed) => followed === once).length, 64);
  });
});

describe('where an answer points', () => {
  const url = new URL('http://shop/a/b');
  it('is its location, taken from where it was asked for', () => {
    assert.equal(redirectTarget(302, 'c', url)?.href, 'http://shop/a/c');
    assert.equal(redirectTarget(308, '//other/x', url)?.href, 'http://other/x');
  });

  it('is nowhere without a status that says so, a location, or one that is a URL', () => {
    for (const status of [200, 201, 300, 304, 404]) assert.equal(redirectTarget(status, '/c', url), undefined);
    assert.equal(redirectTarget(302, undefined, url), undefined);
    assert.equal(redirectTarget(302, 'http://[', url), undefined);
    assert.equal(redirectTarget(302, '/c', undefined), undefined);
  });
});
