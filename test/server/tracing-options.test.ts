import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracing } from 'throughline';

/** The values that a caller without types may pass, and what the error must say. */
const WRONG: readonly (readonly [unknown, RegExp])[] = [
  [null, /^tracing\(\): expected an object of options, got null$/],
  [true, /^tracing\(\): expected an object of options, got true$/],
  ['trustProxy', /^tracing\(\): expected an object of options, got "trustProxy"$/],
  [() => undefined, /^tracing\(\): expected an object of options, got a function$/],
  [{ trustproxy: true }, /^tracing\(\): unknown option "trustproxy"; did you mean "trustProxy"\?$/],
  [
    { something: 1 },
    /^tracing\(\): unknown option "something"; known are incoming, trustProxy, ignore, captureHeaders, responseHeader, attributes$/,
  ],
  [{ trustProxy: 'loopback' }, /^tracing\(\): "trustProxy" must be true or false, got "loopback"$/],
  [{ trustProxy: 1 }, /^tracing\(\): "trustProxy" must be true or false, got 1$/],
  [{ incomming: 'link' }, /^tracing\(\): unknown option "incomming"; did you mean "incoming"\?$/],
  [
    { incoming: 'trust-id' },
    /^tracing\(\): "incoming" must be 'trust', .+ answers one of them, got "trust-id"; did you mean "trust-ids"\?$/,
  ],
  [{ incoming: 'Link' }, /, got "Link"; did you mean "link"\?$/],
  [{ incoming: 'everything' }, /^tracing\(\): "incoming" must be .+, got "everything"$/],
  [{ incoming: null }, /^tracing\(\): "incoming" must be .+, got null$/],
  [{ incoming: ['link'] }, /^tracing\(\): "incoming" must be .+, got an array$/],
  [
    { ignore: 'healthz' },
    /"ignore" must be paths \("\/healthz", "\/assets\/\*"\), RegExps or a function, got "healthz"$/,
  ],
  [{ ignore: [7] }, /"ignore" must be paths .+, got 7$/],
  [{ ignore: null }, /"ignore" must be paths .+, got null$/],
  [{ captureHeaders: ['x-a'] }, /"captureHeaders" must be \{ request, response \}, got an array$/],
  [{ captureHeaders: null }, /"captureHeaders" must be \{ request, response \}, got null$/],
  [{ captureHeaders: { request: 'x-a' } }, /"captureHeaders\.request" must be a list of names of headers, got "x-a"$/],
  [
    { captureHeaders: { response: ['x a'] } },
    /"captureHeaders\.response" must be a list of names of headers, got "x a" in it$/,
  ],
  [{ captureHeaders: { requests: [] } }, /unknown option "captureHeaders\.requests"; did you mean "request"\?$/],
  [{ responseHeader: true }, /"responseHeader" must be false, "traceresponse" or "server-timing", got true$/],
  [{ responseHeader: 'traceparent' }, /"responseHeader" must be .+, got "traceparent"$/],
  [{ attributes: { a: 1 } }, /"attributes" must be a function, got an object$/],
  [{ trustProxy: null }, /^tracing\(\): "trustProxy" must be true or false, got null$/],
];

function assertRefused(call: () => unknown, message: RegExp): void {
  assert.throws(call, (error: TypeError & { code?: string }) => {
    assert.ok(error instanceof TypeError);
    assert.equal(error.code, 'ERR_THROUGHLINE_OPTION');
    assert.match(error.message, message);
    return true;
  });
}

for (const [options, message] of WRONG) {
  const shown = typeof options === 'function' ? 'a function' : JSON.stringify(options);
  test(`tracing() refuses ${shown}`, () => assertRefused(() => tracing(options as object), message));
  test(`tracing.handler() refuses ${shown}`, () => {
    const inHandler = new RegExp(message.source.replace('tracing\\(', 'tracing\\.handler\\('));
    assertRefused(() => tracing.handler(() => undefined, options as object), inHandler);
  });
}

test('a request passed as options, as app.use(tracing) does, is told what was meant', () => {
  for (const request of [{ headers: {} }, { req: {} }]) {
    assertRefused(() => tracing(request as object), /got a request; did you mean app\.use\(tracing\(\)\)\?$/);
  }
});

test('tracing() refuses an Express app passed as options, and says what it got', () => {
  assertRefused(() => tracing(Object.assign(() => undefined, { use: 1 }) as object), /got a function$/);
});

for (const listener of [undefined, null, {}, 'listen']) {
  test(`tracing.handler() refuses ${JSON.stringify(listener)} as a listener`, () => {
    assertRefused(
      () => tracing.handler(listener as unknown as () => void),
      /^tracing\.handler\(\): expected a request listener, got /,
    );
  });
}

test('tracing() takes nothing, undefined and an empty object', () => {
  for (const options of [undefined, {}, { trustProxy: true }, { trustProxy: false }, { incoming: 'link' as const }]) {
    assert.equal(typeof tracing(options), 'function');
  }
});

test('what tracing() returns has the three parameters of an Express middleware, and a name', () => {
  const { length, name } = tracing();
  assert.deepEqual({ length, name }, { length: 3, name: 'tracingMiddleware' });
});

test('what tracing.handler() returns has a name', () => {
  assert.equal(tracing.handler(() => undefined).name, 'tracingListener');
});
