import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Span, StartOptions } from 'throughline';
import { type RemoteContext, TraceState, tracecontext } from 'throughline/propagation';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { ManualClock } from '../core/manual-clock.ts';
import { type TestTracer, testTracer } from '../core/tracer-fixture.ts';

const SCOPE = { name: 'test' };
const clock = new ManualClock();
const CALLER = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true };
const DENIED: RemoteContext = {
  ...{ traceId: CALLER.traceId, spanId: CALLER.spanId, sampled: false, random: true, debug: false },
  ...{ traceState: undefined, baggage: undefined, vendor: undefined },
};
const KEEP_ERRORS: StartOptions = { sample: 0, keep: { errors: true } };
const HEALTH_OUT: StartOptions = { sample: [{ route: '/health', rate: 0 }] };

function tracerOf(options: StartOptions): TestTracer {
  return testTracer(options, { clock });
}

function server({ tracer }: TestTracer, remote?: RemoteContext) {
  return tracer.startRemote('GET', 'server', remote, SCOPE);
}

/** The flags that an outbound call of `span` carries. */
function sentFlags(span: Span): string | undefined {
  const headers: Record<string, string> = {};
  tracecontext.inject({ span: span.spanContext(), baggage: undefined }, headers, {
    set: (carrier, name, value) => {
      carrier[name] = value;
    },
  });
  return headers.traceparent?.slice(-2);
}

/** The spans that were kept, sorted by name; `!` marks partial ones. */
async function kept(traced: TestTracer): Promise<string[]> {
  const records = await traced.finished();
  assertCounterLaw(traced.stats());
  return records.map(({ name, attributes }) => (attributes['throughline.partial'] ? `${name}!` : name)).sort();
}

describe('rules that ask for the request', () => {
  it('let ended spans wait, counted as queued, until the local root ends', async () => {
    const traced = tracerOf(HEALTH_OUT);
    const root = server(traced);
    root.child('query').end();
    assert.equal(traced.stats().queued, 1);
    assertCounterLaw(traced.stats());
    root.setAttribute('http.route', '/cart').end();
    assert.deepEqual(await kept(traced), ['GET', 'query']);
  });

  it('leave the whole local trace out', async () => {
    const traced = tracerOf(HEALTH_OUT);
    const root = server(traced);
    root.child('query').end();
    root.setAttribute('http.route', '/health').end();
    assert.deepEqual(await kept(traced), []);
    assert.equal(traced.stats().sampledOut, 2);
  });

  it('decide when context first goes out, and that flag stays', async () => {
    const traced = tracerOf({ sample: [{ route: '/health', rate: 0 }, { rate: 1 }] });
    const root = server(traced);
    root.child('before').end();
    assert.equal(sentFlags(root.child('call')), '01');
    assert.equal(traced.stats().queued, 1); // has left its trace for the exporter's queue
    root.setAttribute('http.route', '/health').end();
    assert.deepEqual(await kept(traced), ['GET', 'before']);
  });

  it('say not sampled when that is what they decide, and record no more', async () => {
    const traced = tracerOf({ sample: [{ method: 'GET', rate: 0 }] });
    const root = server(traced).setAttribute('http.request.method', 'GET');
    root.child('before').end();
    assert.equal(sentFlags(root), '00');
    assert.equal(root.isRecording(), false);
    const late = root.child('after');
    assert.equal(late.isRecording(), false);
    assert.equal(sentFlags(late), '00');
    late.end();
    root.end();
    assert.deepEqual(await kept(traced), []);
    assert.equal(traced.stats().sampledOut, 3);
  });

  it('are followed by children that end after the local root', async () => {
    for (const [route, expected] of [
      ['/cart', ['GET', 'late']],
      ['/health', []],
    ] as const) {
      const traced = tracerOf(HEALTH_OUT);
      const root = server(traced);
      const late = root.child('late');
      root.setAttribute('http.route', route).end();
      late.end();
      assert.deepEqual(await kept(traced), expected);
    }
  });

  it('see what instrumentation can tell before the end, and hold it no longer', async () => {
    const traced = tracerOf(HEALTH_OUT);
    const root = server(traced);
    const decision = root.localTrace?.decision;
    assert.ok(decision !== undefined);
    decision.facts = { method: 'GET', route: '/health' };
    assert.equal(sentFlags(root), '00');
    root.end();
    assert.equal(decision.facts, undefined);
  });

  it('are not asked where the caller has decided', async () => {
    const traced = tracerOf({ sample: [{ route: '*', rate: 0 }] });
    const root = server(traced, { ...DENIED, sampled: true });
    assert.equal(sentFlags(root), '03');
    root.setAttribute('http.route', '/any').end();
    const denied = server(traced, DENIED);
    assert.equal(denied.isRecording(), false);
    denied.end();
    assert.deepEqual(await kept(traced), ['GET']);
  });

  it('send a threshold where a share was kept, and none where nobody knows the share', async () => {
    const traced = tracerOf({
      sample: [
        { route: '/a', rate: 0.999999 },
        { method: 'PUT', perSecond: 1 },
      ],
    });
    const remote = { ...DENIED, sampled: undefined, traceState: TraceState.parse('ot=th:8;rv:ffffffffffffff,x=1') };
    const root = server(traced, remote).setAttribute('http.route', '/a');
    assert.match(root.traceState?.serialize() ?? '', /^ot=th:8;rv/);
    assert.equal(sentFlags(root), '03');
    assert.match(root.traceState?.serialize() ?? '', /^ot=th:[0-9a-f]{1,14};rv:ffffffffffffff,x=1$/);
    assert.doesNotMatch(root.traceState?.serialize() ?? '', /th:8/);
    root.end();
    const limited = server(traced, remote).setAttribute('http.request.method', 'PUT');
    assert.equal(sentFlags(limited), '03');
    assert.equal(limited.traceState?.serialize(), 'ot=rv:ffffffffffffff,x=1');
    limited.end();
    const [first] = await traced.finished();
    assert.equal(first?.traceState, root.traceState?.serialize());
  });
});

describe('a share', () => {
  it('is taken of the explicit randomness where a trace brings one', () => {
    const traced = tracerOf({ sample: 0.5 });
    const withRv = (rv: string) => ({ ...DENIED, sampled: undefined, traceState: TraceState.parse(`ot=rv:${rv}`) });
    assert.equal(sentFlags(server(traced, withRv('7fffffffffffff'))), '02');
    const kept = server(traced, withRv('80000000000000'));
    assert.equal(sentFlags(kept), '03');
    assert.equal(kept.traceState?.serialize(), 'ot=th:8;rv:80000000000000');
  });

  it('of all goes without saying, but replaces what another said', () => {
    const traced = tracerOf({});
    assert.equal(server(traced).traceState, undefined);
    const remote = { ...DENIED, sampled: undefined, traceState: TraceState.parse('ot=th:8') };
    assert.equal(server(traced, remote).traceState?.serialize(), 'ot=th:0');
    assert.equal(server(traced, { ...remote, sampled: true }).traceState?.serialize(), 'ot=th:8');
  });
});

describe('keep', () => {
  it('keeps a trace with an error whole, when nobody was told otherwise', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced);
    root.child('query').fail(new Error('gone')).end();
    root.end();
    assert.deepEqual(await kept(traced), ['GET', 'query']);
    const [query] = await traced.finished();
    assert.equal(query?.flags, 1);
    assert.equal(query?.traceState, undefined);
  });

  it('leaves out what went well', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced);
    root.child('query').end();
    root.end();
    assert.deepEqual(await kept(traced), []);
    assert.equal(traced.stats().sampledOut, 2);
  });

  it('marks as partial what is kept after 0 went out, and goes on sending 0', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced);
    assert.equal(sentFlags(root.child('call')), '00');
    root.child('query').fail(new Error('gone')).end();
    assert.equal(sentFlags(root), '00');
    root.end();
    assert.equal(sentFlags(root), '00');
    assert.deepEqual(await kept(traced), ['GET!', 'query!']);
    assert.equal((await traced.finished())[0]?.flags, 0);
  });

  it('sends 1 when it knows by then that it keeps', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced);
    root.child('first attempt').fail(new Error('gone')).end();
    assert.equal(sentFlags(root), '01');
    root.end();
    assert.deepEqual(await kept(traced), ['GET', 'first attempt']);
  });

  it('keeps what the caller did not want, partial, and sends the caller’s 0 on', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced, DENIED);
    assert.equal(root.isRecording(), true);
    root.fail(new Error('gone'));
    assert.equal(sentFlags(root), '02');
    root.end();
    assert.deepEqual(await kept(traced), ['GET!']);
  });

  it('keeps what took longer, by the local root alone', async () => {
    const traced = tracerOf({ sample: 0, keep: { slowerThan: '1s' } });
    const slow = server(traced);
    clock.advance(1001);
    slow.child('quick').end();
    slow.end();
    const quick = server(traced);
    const child = quick.child('slow child');
    quick.end();
    clock.advance(5000);
    child.end();
    assert.deepEqual(await kept(traced), ['GET', 'quick']);
  });

  it('takes the time to the head of a stream for its latency', async () => {
    const traced = tracerOf({ sample: 0, keep: { slowerThan: '1s' } });
    for (const headersMs of [20, 1200]) {
      const stream = server(traced)
        .setAttribute('throughline.headers_ms', headersMs)
        .updateName(`head after ${headersMs}`);
      clock.advance(3_600_000);
      stream.end();
    }
    assert.deepEqual(await kept(traced), ['head after 1200']);
  });

  it('keeps by the status of the answer', async () => {
    const traced = tracerOf({ sample: 0, keep: { status: [429, '5xx'] } });
    for (const status of [200, 404, 429, 503]) {
      server(traced).setAttribute('http.response.status_code', status).updateName(`${status}`).end();
    }
    assert.deepEqual(await kept(traced), ['429', '503']);
  });

  it('does not ask twice where the sampler keeps the trace anyway', async () => {
    const traced = tracerOf({ sample: 1, keep: { errors: true } });
    const root = server(traced);
    root.child('query').end();
    assert.deepEqual(await kept(traced), ['query']); // has left before its root ended
    root.end();
  });
});

describe('the flag in an answer', () => {
  it('is what the sampler says, and tells nobody to leave anything out', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced);
    assert.equal(root.decideAnswerFlags(), 0);
    root.fail(new Error('gone')).end();
    assert.deepEqual(await kept(traced), ['GET']);
    const byRule = tracerOf(HEALTH_OUT);
    const sampled = server(byRule);
    assert.equal(sampled.decideAnswerFlags(), 1);
    sampled.setAttribute('http.route', '/health').end(); // too late: it was said
    assert.deepEqual(await kept(byRule), ['GET']);
    assert.equal(server(tracerOf({})).decideAnswerFlags(), 1);
    assert.equal(server(tracerOf(KEEP_ERRORS), DENIED).decideAnswerFlags(), 2);
  });
});

describe('span.keep()', () => {
  it('keeps the local trace of a span that records, with the reason on the span', async () => {
    const traced = tracerOf({ sample: 0, keep: {} });
    const root = server(traced);
    root.child('query').end();
    root.keep('big order').child('after').end();
    assert.equal(sentFlags(root), '01');
    root.end();
    assert.deepEqual(await kept(traced), ['GET', 'after', 'query']);
    const [, , record] = await traced.finished();
    assert.equal(record?.attributes['throughline.keep'], 'big order');
  });

  it('notes the reason where the trace is kept anyway', async () => {
    const traced = tracerOf({});
    server(traced).keep('first').keep('big order').end();
    server(traced)
      .keep(7 as never)
      .end();
    const [record, other] = await traced.finished();
    assert.equal(record?.attributes['throughline.keep'], 'big order');
    assert.equal(other?.attributes['throughline.keep'], undefined);
  });

  it('marks as partial what others were told to leave out', async () => {
    const traced = tracerOf({ sample: 0, keep: {} });
    const root = server(traced);
    assert.equal(sentFlags(root), '00');
    root.keep('late').end();
    assert.deepEqual(await kept(traced), ['GET!']);
  });

  it('does nothing on a span that does not record, and is counted', async () => {
    const traced = tracerOf({ sample: 0 });
    const root = server(traced).keep('no');
    root.end();
    root.keep('late');
    assert.equal(traced.tracer.ledger.ignoredKeeps, 2);
    assert.deepEqual(await kept(traced), []);
  });
});

describe('span.drop()', () => {
  it('lets go of the local trace, and says so to the next service', async () => {
    const traced = tracerOf({});
    const root = server(traced);
    root.child('left before').end();
    const open = root.child('open');
    root.drop();
    assert.deepEqual([root.isRecording(), open.isRecording()], [false, false]);
    assert.equal(sentFlags(open), '00');
    root.child('after').end();
    open.end();
    root.keep('too late').end();
    assert.deepEqual(await kept(traced), ['left before']);
    assert.equal(traced.stats().sampledOut, 3);
    assert.equal(traced.tracer.ledger.ignoredKeeps, 1);
  });

  it('takes back what waits', async () => {
    const traced = tracerOf(KEEP_ERRORS);
    const root = server(traced);
    root.child('query').fail(new Error('gone')).end();
    root.drop().end();
    assert.deepEqual(await kept(traced), []);
    assert.equal(traced.stats().sampledOut, 2);
  });

  it('touches no other trace, sampled or not', async () => {
    const traced = tracerOf({ sample: 0.5 });
    const out = server(traced, DENIED).drop();
    server(traced, { ...DENIED, sampled: true })
      .drop()
      .end();
    const other = server(traced, { ...DENIED, sampled: true });
    out.end();
    other.end();
    assert.deepEqual(await kept(traced), ['GET']);
  });
});

describe('the room for traces that are not decided', () => {
  it('is bounded by bytes: the oldest is decided first, by what is known', async () => {
    const traced = tracerOf({ ...KEEP_ERRORS, limits: { queueBytes: 8000 } });
    const failed = server(traced).updateName('failed');
    failed.child('error').fail(new Error('gone')).end();
    const roots: Span[] = [];
    for (let i = 0; i < 50; i++) {
      const root = server(traced).updateName(`well ${i}`);
      root.child('query').end();
      roots.push(root);
      assert.ok(traced.tracer.waitingRoom.bytes <= 8000);
      assertCounterLaw(traced.stats());
    }
    assert.ok(traced.stats().sampledOut > 30);
    failed.end();
    await traced.finished();
    for (const at of [0, 49]) roots[at]?.fail(new Error('too late for the first')).end();
    assert.deepEqual(await kept(traced), ['error', 'failed', 'query', 'well 49']);
    for (const root of roots) root.end();
    assert.equal(traced.tracer.waitingRoom.bytes, 0);
  });

  it('holds no trace that is too big for it', async () => {
    const traced = tracerOf({ ...KEEP_ERRORS, limits: { queueBytes: 100 } });
    const root = server(traced);
    root.child('query').end();
    assert.deepEqual([traced.stats().queued, traced.stats().sampledOut, root.isRecording()], [0, 1, false]);
    root.end();
    assertCounterLaw(traced.stats());
  });

  it('is emptied when the process ends, by what is known', async () => {
    const traced = tracerOf(HEALTH_OUT);
    server(traced).child('query').end();
    traced.tracer.waitingRoom.decideAll();
    assert.deepEqual(await kept(traced), ['query']);
  });
});

describe('the counter law', () => {
  it('holds in any order of starts, ends, calls, keeps and drops', () => {
    const steps = fc.array(fc.tuple(fc.nat(7), fc.nat(50)), { minLength: 5, maxLength: 80 });
    const options = fc.constantFrom<StartOptions>(
      { sample: 0.5, keep: { errors: true } },
      {
        sample: [
          { route: '/a', rate: 0.5 },
          { method: 'GET', perSecond: 3 },
        ],
        limits: { queueBytes: 3000 },
      },
      { sample: [{ route: '/a', rate: 0 }], keep: { status: '5xx' }, limits: { openSpans: 5 } },
      { sample: 1 },
    );
    fc.assert(
      fc.property(options, steps, (option, life) => {
        const traced = tracerOf(option);
        const open: ReturnType<typeof server>[] = [];
        for (const [kind, pick] of life) {
          const span = open[pick % Math.max(1, open.length)];
          if (kind === 0) open.push(server(traced, pick % 3 === 0 ? DENIED : undefined));
          else if (span === undefined) continue;
          else if (kind === 1) open.push(span.child('child') as typeof span);
          else if (kind === 2) span.setAttribute('http.route', '/a').setAttribute('http.response.status_code', 500);
          else if (kind === 3) sentFlags(span);
          else if (kind === 4) span.keep('why');
          else if (kind === 5) span.drop();
          else if (kind === 6) span.fail(new Error('x'));
          if (kind > 5) span?.end();
          assertCounterLaw(traced.stats());
        }
        for (const span of open) span.end();
        const stats = traced.stats();
        assertCounterLaw(stats);
        assert.equal(stats.open, 0);
        assert.equal(traced.tracer.waitingRoom.bytes, 0);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
