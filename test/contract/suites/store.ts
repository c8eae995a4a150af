import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  readTraces,
  type SpanRecord,
  type SpanStore,
  searchAll,
  type TailBatch,
  type TraceQuery,
} from 'throughline/store';
import { bareRecord, sampleRecord } from './sample-record.ts';

/** A store of its own, empty, and what else can be done with its data. */
export interface StoreFixture {
  readonly store: SpanStore;
  /** Another store over the same data, as a second process would open it; left out where there can be none. */
  readonly reopen?: () => Promise<SpanStore>;
}

/** Makes a fixture and registers its clean-up on the test. */
export type StoreFactory = (t: TestContext) => Promise<StoreFixture>;

/** The promises of every span store; a new one is done when this passes. */
export function storeContract(name: string, factory: StoreFactory): void {
  const claims: Record<string, (fixture: StoreFixture) => Promise<void>> = {
    'gives back every field of every span': keepsFields,
    'gives back hostile names, keys and values': keepsHostileText,
    'keeps a trace together that came in several batches, by start': joinsBatches,
    'keeps the same span twice as one': keepsOneOfTwo,
    'says that there is no trace of an unknown or impossible id': knowsNoTrace,
    'takes concurrent batches without mixing or losing spans': takesConcurrentBatches,
    'finds traces by service, operation, attribute, duration and error': findsByCriteria,
    'wants all criteria of one and the same span': wantsOneSpan,
    'finds traces by the time they started': findsByTime,
    'sums a trace up': sumsUp,
    'pages through all traces, the latest first, each once': pages,
    'gives several traces at once, those that are there': givesSeveral,
    'gives every trace that matches, whole': readsWhole,
    'orders traces that overlap across services and hours by their start': ordersAcrossServices,
    'refuses a cursor that is none': refusesCursor,
    'lists services and operations': listsServices,
    'counts rate, errors and durations by operation and bucket of time': aggregates,
    'counts in longer buckets, and only what is asked for': aggregatesWhatIsAsked,
    'removes no trace that started later, and finds no trace that it removed': removes,
    'follows what arrives, until the signal fires': follows,
    'keeps a bounded number of spans for a slow follower and says how many it missed': boundsFollowers,
    'ends its followers when it is closed': endsFollowers,
    'rejects when the signal has fired, and works on': respectsTheSignal,
  };
  describe(`${name} as a span store`, () => {
    for (const [claim, check] of Object.entries(claims)) {
      it(claim, async (t) => check(await factory(t)));
    }
    it('shows a second reader what the first has written', async (t) => {
      const fixture = await factory(t);
      if (fixture.reopen === undefined) return t.skip('its data is its own');
      await sharesData(fixture.store, await fixture.reopen());
    });
  });
}

const HOUR = 3_600_000;
/** A whole hour, so that offsets fall into buckets that the tests can name. */
const BASE = 1_700_000_000_000 - (1_700_000_000_000 % HOUR);

interface Wanted {
  readonly service?: string;
  readonly at?: number;
  readonly overrides?: Partial<SpanRecord>;
}

/** A root span of a service, `at` milliseconds after the base. */
function span({ service = 'shop', at = 0, overrides = {} }: Wanted = {}): SpanRecord {
  return bareRecord({
    name: 'GET /',
    kind: 'server',
    startTimeMs: BASE + at,
    durationMs: 10,
    resource: { attributes: { 'service.name': service } },
    ...overrides,
  });
}

async function stored(store: SpanStore, ...spans: SpanRecord[]): Promise<void> {
  const result = await store.append(spans);
  assert.deepEqual(result, { stored: spans.length, dropped: 0 });
}

async function idsOf(store: SpanStore, query: TraceQuery): Promise<string[]> {
  const page = await store.search({ limit: 1000, ...query });
  assert.equal(page.next, undefined);
  return page.traces.map((trace) => trace.traceId);
}

async function keepsFields({ store }: StoreFixture): Promise<void> {
  const records = [
    sampleRecord(),
    bareRecord(),
    bareRecord({ status: { code: 'ok' }, flags: 0 }),
    sampleRecord({ parentIsRemote: false, kind: 'consumer' }),
  ];
  await stored(store, ...records);
  for (const record of records) {
    assert.deepEqual(await store.trace(record.traceId), { traceId: record.traceId, spans: [record], dropped: 0 });
  }
}

async function keepsHostileText({ store }: StoreFixture): Promise<void> {
  const texts = ['', '__proto__', 'a b\n{c}\0d', '"\\', '}{tl:t:', 'é🦊', '\ud800', '\x1b[31m', 'x'.repeat(5000)];
  const records = texts.map((text, n) =>
    span({ service: text, at: n, overrides: { name: text, attributes: Object.fromEntries([[text, text]]) } }),
  );
  await stored(store, ...records);
  for (const [n, record] of records.entries()) {
    assert.deepEqual((await store.trace(record.traceId))?.spans, [record]);
    // An empty service name is none, and a lone surrogate has no UTF-8: it is found as what replaces it.
    if (texts[n] === '' || texts[n] === '\ud800') continue;
    assert.deepEqual(await idsOf(store, { service: texts[n], operation: texts[n] }), [record.traceId]);
    assert.deepEqual(await store.operations(texts[n] ?? ''), [{ name: texts[n], kind: 'server' }]);
  }
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
}

async function joinsBatches({ store }: StoreFixture): Promise<void> {
  const root = span({ at: 5 });
  const { traceId } = root;
  const child = span({ service: 'stock', at: 6, overrides: { traceId, parentSpanId: root.spanId } });
  const early = span({ at: 1, overrides: { traceId, parentSpanId: root.spanId } });
  await stored(store, child);
  await stored(store, root, span({ at: 3 }));
  await stored(store, early);
  assert.deepEqual((await store.trace(traceId))?.spans, [early, root, child]);
}

async function keepsOneOfTwo({ store }: StoreFixture): Promise<void> {
  const record = span();
  await store.append([record, record]);
  await store.append([record]);
  assert.equal((await store.trace(record.traceId))?.spans.length, 1);
  const { traces } = await store.search();
  assert.equal(traces.length, 1);
  assert.equal(traces[0]?.spanCount, 1);
}

async function knowsNoTrace({ store }: StoreFixture): Promise<void> {
  await stored(store, span());
  for (const id of ['0af7651916cd43dd8448eb211c80319c', '', 'x', '{', '__proto__']) {
    assert.equal(await store.trace(id), undefined);
  }
}

async function takesConcurrentBatches({ store }: StoreFixture): Promise<void> {
  const batches = Array.from({ length: 10 }, (_, b) => Array.from({ length: 10 }, (_, n) => span({ at: b * 10 + n })));
  await Promise.all(batches.map((batch) => stored(store, ...batch)));
  const sent = batches.flat();
  assert.deepEqual(
    await idsOf(store, {}),
    sent.toReversed().map((record) => record.traceId),
  );
  for (const record of sent) assert.deepEqual((await store.trace(record.traceId))?.spans, [record]);
}

async function findsByCriteria({ store }: StoreFixture): Promise<void> {
  const attributes = { 'http.response.status_code': 503, 'app.cached': false, 'app.tags': ['a', 'b'] };
  const plain = span({ at: 1 });
  const failed = span({ at: 2, overrides: { status: { code: 'error' }, attributes } });
  const slow = span({ at: 3, overrides: { name: 'GET /slow', durationMs: 900 } });
  const other = span({ service: 'stock', at: 4 });
  await stored(store, plain, failed, slow, other);
  const cases: [query: TraceQuery, found: SpanRecord[]][] = [
    [{}, [other, slow, failed, plain]],
    [{ service: 'shop' }, [slow, failed, plain]],
    [{ service: 'nobody' }, []],
    [{ operation: 'GET /slow' }, [slow]],
    [{ service: 'stock', operation: 'GET /slow' }, []],
    [{ attributes: { 'http.response.status_code': '503' } }, [failed]],
    [{ attributes: { 'app.cached': 'false', 'app.tags': 'b' } }, [failed]],
    [{ attributes: { 'app.tags': 'c' } }, []],
    [{ attributes: { 'service.name': 'stock' } }, [other]],
    [{ attributes: { toString: 'x' } }, []],
    [{ minDurationMs: 900 }, [slow]],
    [{ service: 'shop', minDurationMs: 900.001 }, []],
    [{ maxDurationMs: 10 }, [other, failed, plain]],
    [{ error: true }, [failed]],
    [{ service: 'shop', error: false, maxDurationMs: 500 }, [plain]],
    [{ service: 'stock', error: true }, []],
  ];
  for (const [query, found] of cases) {
    const wanted = found.map((record) => record.traceId);
    assert.deepEqual(await idsOf(store, query), wanted, JSON.stringify(query));
  }
}

async function wantsOneSpan({ store }: StoreFixture): Promise<void> {
  const root = span({ overrides: { name: 'GET /cart' } });
  const child = span({ service: 'stock', overrides: { traceId: root.traceId, status: { code: 'error' } } });
  await stored(store, root, child);
  assert.deepEqual(await idsOf(store, { service: 'stock', error: true }), [root.traceId]);
  assert.deepEqual(await idsOf(store, { service: 'shop', error: true }), []);
  assert.deepEqual(await idsOf(store, { operation: 'GET /cart', error: true }), []);
}

async function findsByTime({ store }: StoreFixture): Promise<void> {
  const [a, b, c] = [0, 1000, 5 * HOUR].map((at) => span({ at })) as [SpanRecord, SpanRecord, SpanRecord];
  const late = span({ at: 2000, overrides: { traceId: a.traceId, parentSpanId: a.spanId } });
  await stored(store, a, b, c, late);
  const cases: [query: TraceQuery, found: SpanRecord[]][] = [
    [{ from: BASE }, [c, b, a]],
    [{ from: BASE + 1 }, [c, b]],
    [{ from: BASE + 1000, to: BASE + 5 * HOUR }, [b]],
    [{ to: BASE + 1000 }, [a]],
    [{ to: BASE }, []],
    [{ from: BASE + 1500, to: BASE + 3000 }, []],
    [{ from: BASE + 6 * HOUR }, []],
  ];
  for (const [query, found] of cases) {
    const wanted = found.map((record) => record.traceId);
    assert.deepEqual(await idsOf(store, query), wanted, JSON.stringify(query));
  }
}

async function sumsUp({ store }: StoreFixture): Promise<void> {
  const root = span({ at: 10, overrides: { name: 'GET /cart', durationMs: 30 } });
  const { traceId } = root;
  const failed = { traceId, parentSpanId: root.spanId, durationMs: 50, status: { code: 'error' as const } };
  await stored(store, span({ service: 'stock', at: 5, overrides: failed }), root);
  assert.deepEqual((await store.search()).traces, [
    {
      traceId,
      startTimeMs: BASE + 5,
      durationMs: 50,
      spanCount: 2,
      errorCount: 1,
      services: ['shop', 'stock'],
      rootName: 'GET /cart',
      rootService: 'shop',
    },
  ]);
}

async function pages({ store }: StoreFixture): Promise<void> {
  // Of several of one start, and over an hour's edge.
  const records = Array.from({ length: 30 }, (_, n) => span({ at: HOUR - 10 * 1000 + Math.floor(n / 3) * 2000 }));
  await stored(store, ...records);
  const whole = (await store.search({ limit: 1000 })).traces;
  assert.equal(whole.length, 30);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search({ service: 'shop', limit: 7, ...(cursor !== undefined && { cursor }) });
    assert.ok(page.traces.length <= 7);
    seen.push(...page.traces.map((trace) => trace.traceId));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(
    seen,
    whole.map((trace) => trace.traceId),
  );
}

async function readsWhole({ store }: StoreFixture): Promise<void> {
  const traces = Array.from({ length: 40 }, (_, n) => {
    const root = span({ at: n * 1000 });
    return [
      root,
      span({ at: n * 1000 + 5, service: 'stock', overrides: { traceId: root.traceId, parentSpanId: root.spanId } }),
    ];
  });
  await stored(store, ...traces.flat());
  await stored(store, span({ service: 'other', at: 100_000 }));
  const latestFirst = traces.map(([root]) => root?.traceId).reverse();
  const listed: string[] = [];
  for await (const { traceId } of searchAll(store, { service: 'stock' })) listed.push(traceId);
  assert.deepEqual(listed, latestFirst);
  for (const [query, amount] of [
    [{ service: 'stock' }, 40],
    [{ service: 'stock', limit: 7 }, 7],
    [{ service: 'nobody' }, 0],
  ] as const) {
    const whole = new Map<string, readonly SpanRecord[]>();
    for await (const { traceId, spans } of readTraces(store, query)) whole.set(traceId, spans);
    assert.deepEqual(new Set(whole.keys()), new Set(latestFirst.slice(0, amount)));
    for (const spans of traces) {
      const found = whole.get(String(spans[0]?.traceId));
      if (found) assert.deepEqual(found, spans);
    }
  }
}

async function ordersAcrossServices({ store }: StoreFixture): Promise<void> {
  // The long trace starts first, but its second service joins last, in the next hour.
  const long = span({ at: HOUR - 5000 });
  const middle = span({ at: HOUR - 4000 });
  const joined = span({ service: 'stock', at: HOUR + 1000, overrides: { traceId: long.traceId } });
  const newest = span({ service: 'stock', at: HOUR + 500 });
  await stored(store, joined, newest, middle, long);
  const order = [newest, middle, long].map((record) => record.traceId);
  assert.deepEqual(await idsOf(store, {}), order);
  const seen: string[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await store.search({ limit: 1, ...(cursor !== undefined && { cursor }) });
    seen.push(...page.traces.map((trace) => trace.traceId));
    cursor = page.next;
  }
  assert.deepEqual(seen, order);
}

async function refusesCursor({ store }: StoreFixture): Promise<void> {
  await stored(store, span());
  for (const cursor of ['', 'next', '1-2', '__proto__']) {
    await assert.rejects(store.search({ cursor }), { code: 'ERR_THROUGHLINE_STORE', message: /"cursor" must be/ });
  }
}

async function listsServices({ store }: StoreFixture): Promise<void> {
  assert.deepEqual(await store.services(), []);
  assert.deepEqual(await store.operations('shop'), []);
  const record = span();
  const overrides = { traceId: record.traceId, kind: 'client' as const };
  await stored(store, record, span({ service: 'stock' }), span({ overrides }));
  await stored(store, span({ overrides: { name: 'A' } }), span());
  assert.deepEqual(await store.services(), ['shop', 'stock']);
  assert.deepEqual(await store.operations('shop'), [
    { name: 'A', kind: 'server' },
    { name: 'GET /', kind: 'client' },
    { name: 'GET /', kind: 'server' },
  ]);
  assert.deepEqual(await store.operations('nobody'), []);
}

async function aggregates({ store }: StoreFixture): Promise<void> {
  const error = { status: { code: 'error' as const }, durationMs: 100 };
  await stored(store, span(), span({ at: 599_999, overrides: error }));
  await stored(store, span({ at: 600_000 }), span({ service: 'stock' }));
  const rows = await store.aggregate();
  assert.deepEqual(
    rows.map(({ service, operation, kind, from, to, count, errors }) => [
      service,
      operation,
      kind,
      from - BASE,
      to - BASE,
      count,
      errors,
    ]),
    [
      ['shop', 'GET /', 'server', 0, 600_000, 2, 1],
      ['stock', 'GET /', 'server', 0, 600_000, 1, 0],
      ['shop', 'GET /', 'server', 600_000, 1_200_000, 1, 0],
    ],
  );
  const [first] = rows;
  assert.ok(first !== undefined);
  assert.equal(first.durations.count, 2);
  assertNear(first.durations.quantile(0.5), 10);
  assertNear(first.durations.quantile(0.99), 100);
}

/** The promise of a histogram for a quantile. */
function assertNear(actual: number | undefined, expected: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= expected * 0.045,
    `${actual} is not near ${expected}`,
  );
}

async function aggregatesWhatIsAsked({ store }: StoreFixture): Promise<void> {
  const ats = [0, 600_000, HOUR, 3 * HOUR];
  await stored(store, ...ats.map((at) => span({ at })), span({ service: 'stock' }), span({ overrides: { name: 'A' } }));
  const query = { service: 'shop', operation: 'GET /', bucketMs: HOUR, from: BASE + 1, to: BASE + HOUR + 1 };
  const rows = await store.aggregate(query);
  assert.deepEqual(
    rows.map(({ service, operation, from, to, count }) => [service, operation, from - BASE, to - from, count]),
    [
      ['shop', 'GET /', 0, HOUR, 2],
      ['shop', 'GET /', HOUR, HOUR, 1],
    ],
  );
}

async function removes({ store }: StoreFixture): Promise<void> {
  const old = span();
  const young = span({ at: 2 * HOUR });
  await stored(store, old);
  await stored(store, young);
  const removed = await store.removeBefore(BASE + HOUR);
  const left = await idsOf(store, {});
  assert.ok(left.includes(young.traceId));
  assert.equal((await store.trace(young.traceId))?.spans.length, 1);
  assert.deepEqual(removed, { traces: 2 - left.length, spans: 2 - left.length });
  assert.equal((await store.trace(old.traceId))?.spans.length ?? 0, left.length - 1);
}

async function follows({ store }: StoreFixture): Promise<void> {
  await stored(store, span());
  const stop = new AbortController();
  const tail = (await store.tail({}, { signal: stop.signal }))[Symbol.asyncIterator]();
  const arriving = [span({ at: 1 }), span({ at: 2 }), span({ service: 'stock', at: 3 })];
  await stored(store, ...arriving.slice(0, 2));
  await stored(store, ...arriving.slice(2));
  const seen: SpanRecord[] = [];
  while (seen.length < arriving.length) {
    const { value } = (await tail.next()) as IteratorYieldResult<TailBatch>;
    assert.equal(value.missed, 0);
    seen.push(...value.spans);
  }
  seen.sort((a, b) => a.startTimeMs - b.startTimeMs);
  assert.deepEqual(seen, arriving);
  const last = tail.next();
  stop.abort();
  assert.deepEqual(await last, { done: true, value: undefined });
}

async function boundsFollowers({ store }: StoreFixture): Promise<void> {
  const tail = (await store.tail({ maxWaiting: 3 }))[Symbol.asyncIterator]();
  const arriving = Array.from({ length: 10 }, (_, n) => span({ at: n }));
  await stored(store, ...arriving);
  let count = 0;
  while (count < arriving.length) {
    const { value } = (await tail.next()) as IteratorYieldResult<TailBatch>;
    assert.ok(value.spans.length <= 3);
    count += value.spans.length + value.missed;
  }
  assert.equal(count, arriving.length);
  await tail.return?.();
}

async function endsFollowers({ store }: StoreFixture): Promise<void> {
  const next = (await store.tail())[Symbol.asyncIterator]().next();
  await store.close();
  assert.deepEqual(await next, { done: true, value: undefined });
}

async function givesSeveral({ store }: StoreFixture): Promise<void> {
  const [here, there] = ['a1', 'b2'].map((digits) => digits.repeat(16)) as [
    SpanRecord['traceId'],
    SpanRecord['traceId'],
  ];
  await stored(store, span({ overrides: { traceId: here } }), span({ overrides: { traceId: there } }));
  const found = await store.traces([there, 'c3'.repeat(16), 'no id', here]);
  assert.deepEqual(found.map(({ traceId, spans }) => [traceId, spans.length]).sort(), [
    [here, 1],
    [there, 1],
  ]);
  assert.deepEqual(await store.traces([]), []);
}

async function respectsTheSignal({ store }: StoreFixture): Promise<void> {
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(store.append([span()], { signal }), { message: 'enough' });
  await stored(store, span());
  const [{ traceId } = span()] = (await store.search()).traces;
  for (const call of [
    store.search({}, { signal }),
    store.trace(traceId, { signal }),
    store.traces([traceId], { signal }),
    store.services({ signal }),
    store.operations('shop', { signal }),
    store.aggregate({}, { signal }),
    store.removeBefore(BASE + HOUR, { signal }),
  ]) {
    await assert.rejects(call, { message: 'enough' });
  }
  for (const tail of [store.tail({}, { signal }), store.tail({ signal })]) {
    for await (const _ of await tail) assert.fail('it has ended before it began');
  }
  assert.equal((await idsOf(store, {})).length, 1);
}

async function sharesData(writer: SpanStore, reader: SpanStore): Promise<void> {
  const record = sampleRecord({ startTimeMs: BASE });
  await stored(writer, record);
  assert.deepEqual((await reader.trace(record.traceId))?.spans, [record]);
  assert.deepEqual(await idsOf(reader, { service: 'shop', error: true }), [record.traceId]);
  assert.deepEqual(await reader.services(), ['shop']);
  assert.equal((await reader.aggregate())[0]?.count, 1);
}
