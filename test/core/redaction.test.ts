import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StartOptions, span, start, type Throughline } from 'throughline';
import { memory } from 'throughline/exporters';
import { endsClean } from '../contract/checks/no-leaks.ts';

const exporter = memory();
let running: Throughline | undefined;

/** The spans of `work` under `redact`; each call replaces the tracer. */
async function recorded(redact: NonNullable<StartOptions['redact']>, work: () => void): Promise<typeof exporter.spans> {
  await running?.shutdown();
  exporter.reset();
  running = start({ service: 'redacted', exporters: exporter, redact });
  work();
  await running.flush();
  return exporter.spans;
}

const WRONG: readonly (readonly [unknown, RegExp])[] = [
  [null, /^start\(\): "redact" must be an object, got null$/],
  [true, /^start\(\): "redact" must be an object, got true$/],
  [{ querry: {} }, /^start\(\): unknown option "redact.querry"; did you mean "query"\?$/],
  [{ query: ['page'] }, /^start\(\): "redact.query" must be \{ allow: \[names\] \}, got an array$/],
  [{ query: null }, /"redact.query" must be/],
  [{ query: 5 }, /"redact.query" must be/],
  [{ query: {} }, /"redact.query.allow" must be a list of names, got undefined$/],
  [{ query: { allow: 'page' } }, /"redact.query.allow" must be a list of names, got "page"$/],
  [{ query: { allow: [''] } }, /"redact.query.allow" must be a list of names, got "" in it$/],
  [{ query: { allow: [], deny: [] } }, /unknown option "redact.query.deny"/],
  [{ headers: { allow: [7] } }, /"redact.headers.allow" must be a list of names, got 7 in it$/],
  [{ attributes: 'user.email' }, /^start\(\): "redact.attributes" must be a function, got "user.email"$/],
  [{ query: { allow: ['page', 'X-Amz-Signature'] } }, /must not name "X-Amz-Signature": its value is a credential$/],
  [{ query: { allow: ['sig'] } }, /must not name "sig"/],
];

for (const [redact, message] of WRONG) {
  test(`start() refuses redact: ${JSON.stringify(redact)}`, () => {
    assert.throws(
      () => start({ redact: redact as object }),
      (error: TypeError & { code?: string }) => {
        assert.equal(error.code, 'ERR_THROUGHLINE_OPTION');
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test(
  'redact.attributes sees every attribute of spans, events and links, the names of events and the message',
  endsClean(async ({ takeDiagnostics }) => {
    const asked: string[] = [];
    await recorded(
      {
        attributes(key, value) {
          asked.push(`${key}=${value}`);
          return value;
        },
      },
      () => {
        const other = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
        const one = span('one', { attributes: { a: 1 }, links: [{ context: other, attributes: { l: 'x' } }] });
        one.log('said', { e: true });
        one.setStatus({ code: 'error', message: 'broken' });
        one.end();
      },
    );
    assert.deepEqual(asked, ['a=1', 'event.name=said', 'e=true', 'l=x', 'status.message=broken']);
    takeDiagnostics();
  }),
);

test(
  'what redact.attributes answers is recorded in place of the value, and undefined leaves it out',
  endsClean(async ({ takeDiagnostics }) => {
    const [record] = await recorded(
      { attributes: (key, value) => (key === 'gone' ? undefined : key === 'kept' ? value : 'REDACTED') },
      () => {
        const one = span('one', { attributes: { gone: 's3cret', kept: [1, 2], other: 's3cret' } });
        one.log('s3cret');
        one.setStatus({ code: 'error', message: 's3cret' });
        one.end();
      },
    );
    assert.deepEqual(record?.attributes, { kept: [1, 2], other: 'REDACTED' });
    assert.equal(record?.events[0]?.name, 'REDACTED');
    assert.deepEqual(record?.status, { code: 'error', message: 'REDACTED' });
    takeDiagnostics();
  }),
);

test(
  'a redactor that throws, or answers what is no value, leaks nothing and says so once',
  endsClean(async ({ takeDiagnostics }) => {
    const answers: readonly (() => unknown)[] = [
      () => {
        throw new Error('s3cret');
      },
      () => ({ toString: () => 's3cret' }),
      () => Promise.resolve('s3cret'),
      () => null,
      () => 's'.repeat(10_000),
    ];
    let at = 0;
    const records = await recorded({ attributes: () => answers[at]?.() as string }, () => {
      for (at = 0; at < answers.length; at++) span('one', { attributes: { a: 's3cret', __proto__: 's3cret' } }).end();
    });
    assert.equal(records.length, answers.length);
    assert.doesNotMatch(JSON.stringify(records), /s3cret/);
    assert.equal(String(records.at(-1)?.attributes.a).length, 4096);
    const said = takeDiagnostics().filter((line) => line.includes('redact'));
    assert.deepEqual(said, ['redact.attributes threw: what it was asked about is left out']);
  }),
);

test(
  'a header that may be recorded though it holds credentials is said at start',
  endsClean(async ({ takeDiagnostics }) => {
    await recorded({ headers: { allow: ['Authorization'] } }, () => undefined);
    const said = takeDiagnostics().filter((line) => line.includes('redact'));
    assert.deepEqual(said, [
      'start(): redact.headers.allow lets the header "authorization" be recorded where captureHeaders names it',
    ]);
    await running?.shutdown();
  }),
);
