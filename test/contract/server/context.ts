import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { dial, exchange, requestText, type ServerBench } from './bench.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${CALLER}-03`;

/** None of these names a parent: a new trace begins, and the request is answered as always. */
const MALFORMED: readonly string[] = [
  '',
  'no traceparent at all',
  `00-${TRACE}-${CALLER}`,
  `00-${TRACE}-${CALLER}-0`,
  `00-${TRACE}-${CALLER}-01-`,
  `00-${TRACE}-${CALLER}-01-extra`,
  `00-${TRACE}-${CALLER}-0g`,
  `00-${TRACE}-${CALLER}-01, 00-${TRACE}-${CALLER}-01`,
  `00-${TRACE.toUpperCase()}-${CALLER}-01`,
  `00-${TRACE}-${CALLER.toUpperCase()}-01`,
  `00-${'0'.repeat(32)}-${CALLER}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}0-${CALLER}-01`,
  `00-${TRACE.slice(1)}-${CALLER}-01`,
  `ff-${TRACE}-${CALLER}-01`,
  `0-${TRACE}-${CALLER}-01`,
  `00_${TRACE}_${CALLER}_01`,
  `"00-${TRACE}-${CALLER}-01"`,
  'f'.repeat(4000),
];

export function contextCases(bench: ServerBench): void {
  test("continues the caller's trace under the caller's span", async () => {
    await bench.get('/ok', { traceparent: PARENT }).expect(200);
    const { traceId, parentSpanId, parentIsRemote, spanId } = await bench.span();
    assert.deepEqual(
      { traceId, parentSpanId, parentIsRemote },
      { traceId: TRACE, parentSpanId: CALLER, parentIsRemote: true },
    );
    assert.notEqual(spanId, CALLER);
  });

  for (const [sent, kept] of [
    ['01', 1],
    ['03', 3],
    ['ff', 3],
    ['fd', 1],
  ] as const) {
    test(`keeps of the flags ${sent} what it knows`, async () => {
      await bench.get('/ok', { traceparent: `00-${TRACE}-${CALLER}-${sent}` }).expect(200);
      assert.equal((await bench.span()).flags, kept);
    });
  }

  for (const flags of ['00', '02']) {
    test(`passes an unsampled trace on and exports nothing of it (flags ${flags})`, async () => {
      const before = bench.sampledOut;
      const { body } = await bench.get('/context', { traceparent: `00-${TRACE}-${CALLER}-${flags}` }).expect(200);
      assert.deepEqual(await bench.spans(), []);
      assert.equal(bench.sampledOut, before + 1);
      assert.match(body.traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
      assert.ok(!body.traceparent.includes(CALLER), 'the parent-id is our own');
    });
  }

  test('starts a new random trace without a header', async () => {
    await bench.get('/ok').expect(200);
    const { traceId, parentSpanId, parentIsRemote, flags } = await bench.span();
    assert.match(traceId, /^(?!0+$)[0-9a-f]{32}$/);
    assert.deepEqual(
      { parentSpanId, parentIsRemote, flags },
      { parentSpanId: undefined, parentIsRemote: false, flags: 1 },
    );
  });

  for (const header of MALFORMED) {
    test(`starts a new trace for the traceparent ${JSON.stringify(header.slice(0, 80))}`, async () => {
      const { body } = await bench.get('/context', { traceparent: header, tracestate: 'vendor=1' }).expect(200);
      const span = await bench.span();
      assert.notEqual(span.traceId, TRACE);
      assert.equal(span.parentSpanId, undefined);
      assert.equal(span.traceState, undefined);
      assert.deepEqual(body, { traceparent: `00-${span.traceId}-${span.spanId}-01` });
    });
  }

  test('starts a new trace where traceparent came twice', async () => {
    const twice = [`traceparent: ${PARENT}`, `traceparent: ${PARENT}`];
    assert.match(await exchange(bench.site, requestText('GET /ok', twice)), /^HTTP\/1.1 200/);
    assert.equal((await bench.span()).parentSpanId, undefined);
  });

  test('keeps tracestate as it came', async () => {
    const tracestate = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,1a-2_3*4/5@vendor= spaces inside';
    const { body } = await bench.get('/context', { traceparent: PARENT, tracestate }).expect(200);
    assert.equal(body.tracestate, tracestate);
    assert.equal((await bench.span()).traceState, tracestate);
  });

  test('keeps the parent when tracestate is malformed', async () => {
    const { body } = await bench.get('/context', { traceparent: PARENT, tracestate: 'A=1,,=' }).expect(200);
    const span = await bench.span();
    assert.equal(span.parentSpanId, CALLER);
    assert.deepEqual(Object.keys(body), ['traceparent']);
  });

  test('has the baggage of the caller at hand, also of one without a trace', async () => {
    const baggage = 'tenant=acme;ttl=30,empty=,user=J%C3%BCrgen';
    const { body } = await bench.get('/context', { baggage }).expect(200);
    assert.equal(body.baggage, baggage);
    await bench.span();
  });

  test('is active in the handler, after awaits, in timers, microtasks and stream events', async () => {
    const { body } = await bench.get('/deep', { traceparent: PARENT }).expect(200);
    const { spanId } = await bench.span();
    assert.deepEqual(body, Array(7).fill(`00-${TRACE}-${spanId}-03`));
  });

  for (const length of [1000, 1_000_000]) {
    test(`is still active after a body of ${length} bytes was read`, async () => {
      const sent = { text: 'x'.repeat(length) };
      const { body } = await bench.post('/echo', sent).expect(200);
      const { traceId, spanId } = await bench.span();
      assert.deepEqual(body, { length: JSON.stringify(sent).length, traceparent: `00-${traceId}-${spanId}-01` });
    });
  }

  test('never mixes 100 requests at once', async () => {
    const traces = Array.from({ length: 100 }, (_, i) => (i + 1).toString(16).padStart(32, 'a'));
    const answers = await Promise.all(
      traces.map((trace) => bench.get('/deep', { traceparent: `00-${trace}-${CALLER}-01` }).expect(200)),
    );
    const spanOf = new Map((await bench.spans()).map((span) => [span.traceId as string, span.spanId]));
    assert.equal(spanOf.size, 100);
    traces.forEach((trace, i) => {
      assert.deepEqual(answers[i]?.body, Array(7).fill(`00-${trace}-${spanOf.get(trace)}-01`));
    });
  });

  test('makes two spans of two requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = [await localPort(agent, bench.site.port), await localPort(agent, bench.site.port)];
    agent.destroy();
    assert.equal(ports[0], ports[1], 'the connection is used again');
    const [first, second] = await bench.spans();
    assert.notEqual(first?.traceId, second?.traceId);
  });

  test('makes two spans of two pipelined requests', async () => {
    const socket = await dial(bench.site);
    const [a, b] = [TRACE, TRACE.replace('4', '5')];
    const lines = [a, b].map((trace) => [`traceparent: 00-${trace}-${CALLER}-01`]);
    socket.write(requestText('GET /deep', lines[0], 'keep-alive') + requestText('GET /context', lines[1]));
    let text = '';
    for await (const chunk of socket) text += chunk;
    const spans = new Map((await bench.spans()).map((span) => [span.traceId as string, span.spanId]));
    assert.deepEqual([...spans.keys()].sort(), [a, b].sort());
    const answers = text.split('HTTP/1.1 200 OK').slice(1);
    assert.equal(answers[0]?.split(`00-${a}-${spans.get(a)}-01`).length, 8);
    assert.equal(answers[1]?.split(`00-${b}-${spans.get(b)}-01`).length, 2);
  });
}

/** The client's port of one request over `agent`. */
function localPort(agent: Agent, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/ok', agent }, (response) => {
      const { localPort } = response.socket;
      response.resume().on('end', () => resolve(localPort));
    });
    request.on('error', reject);
  });
}
