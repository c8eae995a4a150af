import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { pass } from './passage.ts';

const TRACE = '80f198ee56343ba864fe8b2a57d3eff7';
const SPAN = 'e457b5a2e4d86bd1';
const SHORT_TRACE = '64fe8b2a57d3eff7';

type Format = 'b3' | 'b3multi' | 'jaeger';

/** Trace id, span id and state of what was sent, whatever the format. */
function sentContext(sent: IncomingHttpHeaders, format: Format): (string | undefined)[] {
  const single = sent.b3 as string | undefined;
  const uber = sent['uber-trace-id'] as string | undefined;
  assert.equal(sent.traceparent, undefined);
  if (format === 'b3') return single?.split('-') ?? [];
  if (format === 'jaeger') return uber?.split(':').filter((_, at) => at !== 2) ?? [];
  const state = sent['x-b3-flags'] === '1' ? 'd' : sent['x-b3-sampled'];
  assert.ok(sent['x-b3-flags'] === undefined || sent['x-b3-sampled'] === undefined);
  return [sent['x-b3-traceid'], sent['x-b3-spanid'], state].map((value) => value as string | undefined);
}

/** A context in each format with its state, as it comes in, and the state as it goes out. */
const contexts: readonly [format: Format, state: string, headers: Record<string, string>, sentState: string][] = [
  ['b3', 'accept', { b3: `${TRACE}-${SPAN}-1` }, '1'],
  ['b3', 'deny', { b3: `${TRACE}-${SPAN}-0-05e3ac9a4f6e3b90` }, '0'],
  ['b3', 'debug', { b3: `${TRACE}-${SPAN}-d` }, 'd'],
  ['b3', 'debug', { 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-Flags': '1' }, 'd'],
  ['b3', 'defer', { b3: `${TRACE}-${SPAN}` }, '1'],
  ['b3multi', 'accept', { 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-Sampled': '1' }, '1'],
  ['b3multi', 'deny', { 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-Sampled': '0' }, '0'],
  ['b3multi', 'debug', { 'X-B3-TraceId': TRACE, 'X-B3-SpanId': SPAN, 'X-B3-Flags': '1' }, 'd'],
  ['b3multi', 'deny', { b3: `${TRACE}-${SPAN}-0` }, '0'],
  ['jaeger', 'accept', { 'uber-trace-id': `${TRACE}:${SPAN}:0:1` }, '1'],
  ['jaeger', 'deny', { 'uber-trace-id': `${TRACE}%3A${SPAN}%3A0%3A0` }, '0'],
  ['jaeger', 'debug', { 'uber-trace-id': `${TRACE}:${SPAN}:0:3` }, '3'],
];

const DECISIONS: readonly [format: Format, state: string, headers: Record<string, string>, sentState: string][] = [
  ['b3', 'deny', { b3: '0' }, '0'],
  ['b3', 'accept', { b3: '1' }, '1'],
  ['b3', 'debug', { b3: 'd' }, 'd'],
  ['b3multi', 'deny', { 'X-B3-Sampled': '0' }, '0'],
  ['b3multi', 'accept', { 'X-B3-Sampled': '1' }, '1'],
  ['b3multi', 'debug', { 'X-B3-Flags': '1' }, 'd'],
];

describe('a request with a context', () => {
  for (const [format, state, headers, sentState] of contexts) {
    const names = Object.keys(headers).join(', ');
    it(
      `keeps its trace and ${state} through ${format} (${names})`,
      endsClean(async (clean) => {
        const { sent, spans } = await pass(clean, [format], headers);
        const [traceId, spanId, sentAs] = sentContext(sent, format);
        assert.deepEqual([traceId, sentAs], [TRACE, sentState]);
        const server = spans.find(({ kind }) => kind === 'server');
        const client = spans.find(({ kind }) => kind === 'client');
        assert.equal(spans.length, state === 'deny' ? 0 : 3);
        if (state !== 'deny') {
          assert.deepEqual([server?.traceId, server?.parentSpanId, client?.spanId], [TRACE, SPAN, spanId]);
          assert.notEqual(server?.spanId, SPAN);
        }
      }),
    );
  }
});

describe('a decision without ids', () => {
  for (const [format, state, headers, sentState] of DECISIONS) {
    it(
      `reaches the sampler and the next service: ${state} by ${JSON.stringify(headers)}`,
      endsClean(async (clean) => {
        // Where nothing is decided, `sample` would decide the other way.
        const { sent, spans } = await pass(clean, [format], headers, { sample: state === 'deny' ? 1 : 0 });
        const [traceId, spanId, sentAs] = sentContext(sent, format);
        assert.match(`${traceId}-${spanId}`, /^[0-9a-f]{32}-[0-9a-f]{16}$/);
        assert.equal(sentAs, sentState);
        assert.equal(spans.length, state === 'deny' ? 0 : 3);
        assert.equal(spans.find(({ kind }) => kind === 'server')?.parentSpanId, undefined);
      }),
    );
  }

  it(
    'reaches the next service in other formats too',
    endsClean(async (clean) => {
      const { sent } = await pass(
        clean,
        { extract: ['b3'], inject: ['tracecontext', 'b3multi', 'jaeger'] },
        { b3: '0' },
      );
      const ids = [sent['x-b3-traceid'], sent['x-b3-spanid']];
      assert.equal(sent['x-b3-sampled'], '0');
      assert.equal(sent.traceparent, `00-${ids.join('-')}-00`);
      assert.equal(sent['uber-trace-id'], `${ids.join(':')}:0:0`);
    }),
  );
});

it(
  'debug goes from B3 to Jaeger and back, and is sampled for W3C',
  endsClean(async (clean) => {
    const toJaeger = { extract: ['b3'], inject: ['jaeger', 'tracecontext'] } as const;
    const { sent } = await pass(clean, toJaeger, { b3: `${TRACE}-${SPAN}-d` }, { sample: 0 });
    assert.match(String(sent['uber-trace-id']), new RegExp(`^${TRACE}:[0-9a-f]{16}:0:3$`));
    assert.match(String(sent.traceparent), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    const back = await pass(
      clean,
      { extract: ['jaeger'], inject: ['b3multi'] },
      {
        'uber-trace-id': String(sent['uber-trace-id']),
      },
    );
    assert.deepEqual([back.sent['x-b3-traceid'], back.sent['x-b3-flags']], [TRACE, '1']);
  }),
);

it(
  'a trace id of 64 bits stays one for B3, and is padded everywhere else',
  endsClean(async (clean) => {
    const formats = { extract: ['b3'], inject: ['b3', 'jaeger', 'tracecontext'] } as const;
    const { sent, spans } = await pass(clean, formats, { b3: `${SHORT_TRACE}-${SPAN}-1` });
    const padded = `0000000000000000${SHORT_TRACE}`;
    assert.deepEqual(
      spans.map(({ traceId }) => traceId),
      [padded, padded, padded],
    );
    assert.equal(String(sent.b3).slice(0, 17), `${SHORT_TRACE}-`);
    assert.equal(String(sent['uber-trace-id']).slice(0, 33), `${padded}:`);
    assert.match(String(sent.traceparent), new RegExp(`^00-${padded}-[0-9a-f]{16}-01$`)); // never the random flag
  }),
);

it(
  'malformed headers begin a trace of our own',
  endsClean(async (clean) => {
    for (const format of ['b3', 'b3multi', 'jaeger'] as const) {
      const headers = {
        b3: `${TRACE}-${SPAN}-2`,
        'X-B3-TraceId': `0${TRACE}`,
        'uber-trace-id': `0${TRACE}:${SPAN}:0:1`,
      };
      const { sent, spans } = await pass(clean, [format], headers);
      const [traceId, spanId, state] = sentContext(sent, format);
      assert.match(`${traceId}-${spanId}-${state}`, /^[0-9a-f]{32}-[0-9a-f]{16}-1$/);
      assert.notEqual(traceId, TRACE);
      assert.equal(spans.find(({ kind }) => kind === 'server')?.parentSpanId, undefined);
    }
  }),
);

it(
  "Jaeger's baggage passes through to a private host, and only there",
  endsClean(async (clean) => {
    const headers = { 'uber-trace-id': `${TRACE}:${SPAN}:0:1`, 'uberctx-user': 'Am%C3%A9lie', 'Uberctx-Tier': 'gold' };
    const inside = await pass(clean, ['jaeger'], headers);
    assert.deepEqual([inside.sent['uberctx-user'], inside.sent['uberctx-tier']], ['Am%C3%A9lie', 'gold']);
    const outside = await pass(clean, ['jaeger'], headers, { propagateTo: () => ({ trace: true, baggage: false }) });
    assert.match(String(outside.sent['uber-trace-id']), new RegExp(`^${TRACE}:`));
    assert.deepEqual([outside.sent['uberctx-user'], outside.sent['uberctx-tier']], [undefined, undefined]);
  }),
);

it(
  'B3 headers that the app forwards itself leave nothing beside ours that says otherwise',
  endsClean(async (clean) => {
    const stale = { b3: `${TRACE}-${SPAN}-0`, 'X-B3-ParentSpanId': SPAN, 'X-B3-Sampled': '0', 'X-B3-Flags': '1' };
    const headers = { b3: `${TRACE}-${SPAN}-1` };
    const multi = await pass(clean, ['b3multi'], headers, {}, { ...stale, 'X-B3-TraceId': SHORT_TRACE });
    assert.deepEqual(
      Object.keys(multi.sent).filter((name) => name.includes('b3')),
      ['x-b3-sampled', 'x-b3-traceid', 'x-b3-spanid'],
    );
    assert.deepEqual([multi.sent['x-b3-traceid'], multi.sent['x-b3-sampled']], [TRACE, '1']);
    const single = await pass(clean, ['b3'], headers, {}, stale);
    assert.equal(single.sent.b3, `${TRACE}-${single.spans.find(({ kind }) => kind === 'client')?.spanId}-1`);
  }),
);
