import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { firstItem, forwardedBy } from '../../middleware/server/forwarded.ts';

/** Scheme, host and client, as they are read. */
function read(headers: Record<string, string>): (string | undefined)[] {
  const { scheme, host, clientAddress } = forwardedBy(headers);
  return [scheme, host, clientAddress];
}

describe('Forwarded', () => {
  for (const [header, expected] of [
    ['for=192.0.2.60;proto=http;host=shop', ['http', 'shop', '192.0.2.60']],
    ['For="[2001:db8:cafe::17]:4711"', [undefined, undefined, '2001:db8:cafe::17']],
    ['for=192.0.2.43:47011, for=198.51.100.17', [undefined, undefined, '192.0.2.43']],
    ['PROTO=HTTPS ; HOST="shop:8443"', ['https', 'shop:8443', undefined]],
    ['for=_hidden', [undefined, undefined, '_hidden']],
    ['for=unknown', [undefined, undefined, undefined]],
    ['proto=gopher', [undefined, undefined, undefined]],
    ['for="[::1', [undefined, undefined, undefined]],
    ['', [undefined, undefined, undefined]],
    [';;=;a', [undefined, undefined, undefined]],
    ['for="', [undefined, undefined, undefined]],
  ] as const) {
    test(`is read from ${JSON.stringify(header)}`, () => assert.deepEqual(read({ forwarded: header }), expected));
  }

  test('hides X-Forwarded-*', () => {
    assert.deepEqual(read({ forwarded: 'proto=https', 'x-forwarded-host': 'evil' }), ['https', undefined, undefined]);
  });
});

describe('X-Forwarded-*', () => {
  test('gives the left-most entry of each', () => {
    const headers = { 'x-forwarded-proto': 'HTTPS, http', 'x-forwarded-host': ' shop , b', 'x-forwarded-for': 'a,b' };
    assert.deepEqual(read(headers), ['https', 'shop', 'a']);
  });

  test('is nothing when blank or odd', () => {
    const headers = { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': ' , b', 'x-forwarded-for': '' };
    assert.deepEqual(read(headers), [undefined, undefined, undefined]);
  });
});

test('firstItem takes the first of repeated fields, cut to 256', () => {
  assert.equal(firstItem(['a, b', 'c']), 'a');
  assert.equal(firstItem('x'.repeat(9000))?.length, 256);
});

test('never throws and is bounded, whatever the headers', () => {
  const piece = fc.constantFrom(
    'for=',
    'host=',
    'proto=',
    '"',
    '[',
    ']',
    ':',
    ';',
    ',',
    '=',
    ' ',
    'https',
    'x'.repeat(300),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      for (const headers of [{ forwarded: text }, { 'x-forwarded-for': text, 'x-forwarded-host': text }]) {
        for (const value of read(headers)) assert.ok(value === undefined || value.length <= 256);
      }
    }),
  );
});
