import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanRecord, TracingOptions } from 'throughline';
import { endsClean } from '../checks/no-leaks.ts';
import type { ServerBench } from './bench.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const SENT = {
  traceparent: `00-${TRACE}-${CALLER}-03`,
  tracestate: 'congo=t61',
  baggage: 'tenant=acme',
};
const UNSAMPLED = { ...SENT, traceparent: `00-${TRACE}-${CALLER}-02` };

type Incoming = NonNullable<TracingOptions['incoming']>;

/** The outcome of a request: its spans, and what an outbound message would carry from its handler. */
interface Outcome {
  readonly spans: readonly SpanRecord[];
  readonly context: Record<string, string>;
}

export function trustCases(bench: ServerBench): void {
  async function ask(incoming: Incoming, headers: Record<string, string>): Promise<Outcome> {
    let outcome: Outcome | undefined;
    await bench.withApp({ incoming }, async (site) => {
      const { body } = await bench.get('/context', headers, site).expect(200);
      outcome = { spans: await bench.spans(), context: body };
    });
    assert.ok(outcome !== undefined);
    return outcome;
  }

  for (const mode of ['trust', 'trust-ids'] as const) {
    test(`${mode} continues the caller's trace, with tracestate and baggage`, async () => {
      const { spans, context } = await ask(mode, SENT);
      const [span] = spans;
      assert.deepEqual([span?.traceId, span?.parentSpanId, span?.flags], [TRACE, CALLER, 3]);
      assert.deepEqual(span?.links, []);
      assert.deepEqual(context, { ...SENT, traceparent: `00-${TRACE}-${span?.spanId}-03` });
    });
  }

  test("trust follows the caller's decision, trust-ids takes its own", async () => {
    const trusted = await ask('trust', UNSAMPLED);
    assert.deepEqual(trusted.spans, []);
    assert.match(trusted.context.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-02$`));
    const { spans, context } = await ask('trust-ids', UNSAMPLED);
    assert.deepEqual([spans[0]?.traceId, spans[0]?.parentSpanId], [TRACE, CALLER]);
    assert.equal(context.traceparent, `00-${TRACE}-${spans[0]?.spanId}-03`);
  });

  for (const [headers, flags] of [
    [SENT, 3],
    [UNSAMPLED, 2],
  ] as const) {
    test(`link starts a trace of its own with a link to the caller's span (flags ${flags})`, async () => {
      const { spans, context } = await ask('link', headers);
      const [span] = spans;
      assertOwnTrace(span, context);
      assert.deepEqual(span?.links, [
        {
          context: { traceId: TRACE, spanId: CALLER, traceFlags: flags, isRemote: true, traceState: 'congo=t61' },
          attributes: {},
        },
      ]);
    });
  }

  test('link has nothing to link to where no valid context came', async () => {
    for (const headers of [{}, { baggage: 'tenant=acme' }, { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }]) {
      const { spans, context } = await ask('link', headers);
      assertOwnTrace(spans[0], context);
      assert.deepEqual(spans[0]?.links, []);
    }
  });

  test('ignore reads nothing', async () => {
    const { spans, context } = await ask('ignore', SENT);
    assertOwnTrace(spans[0], context);
    assert.deepEqual(spans[0]?.links, []);
  });

  test('a function decides for each request', async () => {
    const decide: Incoming = (req) => (req.headers['x-from'] === 'inside' ? 'trust' : 'link');
    const inside = await ask(decide, { ...SENT, 'x-from': 'inside' });
    assert.deepEqual([inside.spans[0]?.traceId, inside.context.baggage], [TRACE, SENT.baggage]);
    const outside = await ask(decide, SENT);
    assertOwnTrace(outside.spans[0], outside.context);
    assert.equal(outside.spans[0]?.links.length, 1);
  });

  const useless: readonly (readonly [string, () => unknown])[] = [
    ['throws', () => assert.fail('on purpose')],
    ['answers undefined', () => undefined],
    ['answers no mode', () => 'trusted'],
    ['answers a promise', () => Promise.resolve('trust')],
  ];
  for (const [what, decide] of useless) {
    test(
      `a function that ${what} counts as ignore, and the request is answered`,
      endsClean(async ({ takeDiagnostics }) => {
        const { spans, context } = await ask(decide as Incoming, SENT);
        assertOwnTrace(spans[0], context);
        assert.deepEqual(spans[0]?.links, []);
        for (const line of takeDiagnostics()) assert.match(line, /"incoming" function must answer trust, trust-ids/);
      }),
    );
  }
}

/** Nothing of the caller is left but, perhaps, a link. */
function assertOwnTrace(span: SpanRecord | undefined, context: Record<string, string>): void {
  assert.notEqual(span?.traceId, TRACE);
  assert.deepEqual([span?.parentSpanId, span?.parentIsRemote, span?.traceState], [undefined, false, undefined]);
  assert.deepEqual(context, { traceparent: `00-${span?.traceId}-${span?.spanId}-01` });
}
