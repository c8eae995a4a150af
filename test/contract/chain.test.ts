import assert from 'node:assert/strict';
import { Agent, get, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { start, type Throughline } from 'throughline';
import { type MemoryExporter, memory } from 'throughline/exporters';
import type { SpanRecord } from 'throughline/test';
import { type Chain, startChain } from './apps/chain-services.ts';

const REQUESTS = 200;

/** The spans of one trace, from the first to the last: kind, name, instrumentation. */
const LINKS = [
  ['server', 'GET /express4/:id', 'throughline/express'],
  ['client', 'GET', 'throughline/axios'],
  ['server', 'GET', 'throughline/koa'],
  ['client', 'GET', 'throughline/axios'],
  ['server', 'GET /express5/:id', 'throughline/express'],
  ['client', 'GET', 'throughline/axios'],
  ['server', 'GET', 'throughline/http'],
];

/** Headers that name no trace. All but the first come with a tracestate, which is worth nothing without. */
const MALFORMED: readonly (readonly [what: string, headers: OutgoingHttpHeaders])[] = [
  ['a request without headers', {}],
  ['a traceparent of zeroes', malformed('00-00000000000000000000000000000000-0000000000000000-01')],
  ['a trace id of zeroes', malformed('00-00000000000000000000000000000000-00f067aa0ba902b7-01')],
  ['a parent id of zeroes', malformed('00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01')],
  ['upper-case ids', malformed('00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01')],
  ['version ff', malformed('ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')],
  ['version 00 with a fifth field', malformed('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00')],
  ['a trace id that is too short', malformed('00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01')],
  [
    'two traceparents',
    malformed(
      '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ),
  ],
  ['8 kB of dashes', malformed('-'.repeat(8000))],
  ['bytes beyond ASCII', malformed('\xff\xfe\x80')],
  ['an empty traceparent', malformed('')],
];

function malformed(traceparent: string): OutgoingHttpHeaders {
  return { traceparent, tracestate: 'rojo=1' };
}

interface Answer {
  readonly status: number | undefined;
  /** The headers that reached the last service. */
  readonly headers: IncomingHttpHeaders;
}

describe('a chain of Express 4, Koa 3, Express 5 and node:http over axios', () => {
  const agent = new Agent({ keepAlive: true });
  let spans: MemoryExporter;
  let tl: Throughline;
  let chain: Chain;

  before(async () => {
    spans = memory();
    tl = start({ service: 'chain', exporters: spans });
    chain = await startChain();
  });

  after(async () => {
    agent.destroy();
    await chain.close();
    await tl.shutdown();
  });

  function request(id: string, headers: OutgoingHttpHeaders): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = get(`${chain.url}/${id}`, { headers, agent }, (res) => {
        let body = '';
        res.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        res.on('end', () => resolve({ status: res.statusCode, headers: JSON.parse(body) as IncomingHttpHeaders }));
      });
      sent.on('error', reject);
    });
  }

  /** All spans so far by trace. A server's span ends with its response's `close`, just after the client has the last byte. */
  async function traces(count: number): Promise<Map<string, SpanRecord[]>> {
    while (tl.stats().ended < count) await new Promise((resolve) => setImmediate(resolve));
    await tl.flush();
    const byTrace = new Map<string, SpanRecord[]>();
    for (const span of spans.spans) byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span]);
    spans.reset();
    return byTrace;
  }

  it('keeps 200 concurrent requests apart, each with the context it came with', async () => {
    const callers = Array.from({ length: REQUESTS }, (_, i) => callerNumber(i));
    const answers = await Promise.all(callers.map(({ id, headers }) => request(id, headers)));
    const byTrace = await traces(REQUESTS * LINKS.length);
    assert.equal(byTrace.size, REQUESTS);
    for (const [i, caller] of callers.entries()) {
      const trace = byTrace.get(caller.traceId) ?? [];
      const last = assertChain(trace, caller.parentId);
      for (const span of trace)
        assert.match(String(span.attributes['url.full'] ?? span.attributes['url.path']), caller.path);
      const headers = answers[i]?.headers ?? {};
      assert.equal(answers[i]?.status, 200);
      assert.equal(headers.traceparent, `00-${caller.traceId}-${last.parentSpanId}-${caller.flags}`);
      assert.equal(headers.tracestate, caller.headers.tracestate);
      assert.equal(headers.baggage, caller.headers.baggage);
    }
    const { started, ended, open, exported } = tl.stats();
    const all = REQUESTS * LINKS.length;
    assert.deepEqual({ started, ended, open, exported }, { started: all, ended: all, open: 0, exported: all });
  });

  for (const [what, headers] of MALFORMED) {
    it(`starts a new trace for ${what}`, async () => {
      const before = tl.stats().ended;
      const answer = await request('1', headers);
      const byTrace = await traces(before + LINKS.length);
      assert.equal(answer.status, 200);
      assert.equal(byTrace.size, 1);
      const [[traceId, trace] = ['', []]] = byTrace;
      const last = assertChain(trace, undefined);
      assert.ok(!JSON.stringify(headers).includes(traceId));
      assert.equal(answer.headers.traceparent, `00-${traceId}-${last.parentSpanId}-01`);
      assert.equal(answer.headers.tracestate, undefined);
    });
  }

  it('passes baggage on that comes without a trace', async () => {
    const answer = await request('1', { baggage: 'tenant=blue,plan=a%20b;ttl=60' });
    assert.equal(answer.headers.baggage, 'tenant=blue,plan=a%20b;ttl=60');
  });

  it('keeps the trace when only its tracestate or baggage is malformed', async () => {
    const { traceId, headers } = callerNumber(999);
    const answer = await request('1', { traceparent: headers.traceparent, tracestate: 'A B=?,=', baggage: '\x80;;,' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.traceparent?.slice(3, 35), traceId);
    assert.equal(answer.headers.tracestate, undefined);
    assert.equal(answer.headers.baggage, undefined);
  });
});

/** Every span hangs under the one before, and the first under `parentId`. Returns the last. */
function assertChain(trace: readonly SpanRecord[], parentId: string | undefined): SpanRecord {
  assert.equal(trace.length, LINKS.length);
  let last: SpanRecord | undefined;
  for (const link of LINKS) {
    const expectedParent = last?.spanId ?? parentId;
    const next: SpanRecord[] = trace.filter((span) => span.parentSpanId === expectedParent);
    assert.equal(next.length, 1);
    last = next[0];
    assert.deepEqual([last?.kind, last?.name, last?.scope.name], link);
  }
  assert.ok(last !== undefined);
  return last;
}

interface Caller {
  readonly id: string;
  readonly traceId: string;
  readonly parentId: string;
  readonly flags: string;
  /** Matches the URL of each span of this caller's trace, and no other's. */
  readonly path: RegExp;
  readonly headers: { readonly traceparent: string; readonly tracestate: string; readonly baggage: string };
}

/** Each with ids, state and baggage of its own; every other one has the random flag. */
function callerNumber(i: number): Caller {
  const id = String(i);
  const traceId = `4bf92f3577b34da6a3ce929d${(i + 1).toString(16).padStart(8, '0')}`;
  const parentId = `00f067aa${(i + 1).toString(16).padStart(8, '0')}`;
  const flags = i % 2 === 0 ? '01' : '03';
  const headers = {
    traceparent: `00-${traceId}-${parentId}-${flags}`,
    tracestate: `rojo=${i},congo=t61rcWkgMzE,t${i}@vendor=a b/c`,
    baggage: `caller=${i},region=eu%20west;ttl=60,empty=`,
  };
  return { id, traceId, parentId, flags, path: new RegExp(`/${id}$`), headers };
}
