import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import axios from 'axios';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import {
  type InstrumentOptions,
  type KeepOptions,
  type LimitOptions,
  type PropagatorLists,
  type RedactOptions,
  type SampleRule,
  type SpanOptions,
  type SpoolOptions,
  type StartOptions,
  span,
  start,
  type TracingOptions,
  traceAxios,
  traced,
  traceFetch,
  traceHttp,
  tracing,
  type WrapOptions,
} from 'throughline';
import { diffTraces, type FindingOptions, findingsIn, type ReportOptions, report } from 'throughline/analysis';
import {
  type ConsoleOptions,
  console as consoleExporter,
  type FileOptions,
  file,
  type OtlpOptions,
  otlp,
  type ZipkinOptions,
  zipkin,
} from 'throughline/exporters';
import { extract, inject } from 'throughline/propagation';
import { type RedisOptions, redis } from 'throughline/redis';
import { type FileStoreOptions, fileStore, type MemoryStoreOptions, memoryStore } from 'throughline/store';
import { type DrawOptions, drawDiff, drawReport, drawTrace, drawTraceList } from 'throughline/terminal';
import {
  type AssertTreeOptions,
  assertTree,
  type CaptureOptions,
  type CollectorOptions,
  capture,
  collector,
  type SpanMatch,
  withTrace,
} from 'throughline/test';
import type { ClientOptions } from '../../middleware/client/client-options.ts';
import type { CaptureHeaders } from '../../middleware/server/header-capture.ts';
import type { TlsOptions } from '../../src/exporters/tls-options.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';

/** The values that nobody means. Each is refused by every option but those that say it here. */
const boom = (): never => {
  throw new Error('boom');
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const HOSTILE: Readonly<Record<string, unknown>> = {
  null: null,
  'a number': 5,
  'a negative number': -1,
  'a fraction': 1.5,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  'a bigint': 10n,
  true: true,
  'an empty text': '',
  'a text': 'x y',
  'a text with a zero byte': 'a\0b',
  'an empty list': [],
  'a list of what is nothing': [null],
  'a hole': new Array(1),
  'an empty object': {},
  'a misspelt object': { zzz: 1 },
  'a function': () => 1,
  'a class': class {},
  'a symbol': Symbol('s'),
  'a date': new Date(0),
  'a map': new Map([['a', 1]]),
  'a promise': Promise.resolve({}),
  'an error': new Error('e'),
  'a boxed text': new String('text'),
  bytes: Buffer.from('abc'),
  'a Proxy that throws': new Proxy({}, { get: boom, ownKeys: boom, has: boom, getPrototypeOf: boom }),
  'a list that throws': new Proxy([], { get: boom }),
  'a revoked Proxy': revoked(),
  'a getter that throws': Object.defineProperty({}, 'extract', { get: boom, enumerable: true }),
};

/** A function that takes options: how it is called, and each of its options with those below it. */
interface Taker {
  readonly call: (options: unknown) => unknown;
  /** The name it has in its messages. */
  readonly caller: string;
  /** The options that it cannot do without. */
  readonly needs?: object;
  /** The compiler holds these complete. */
  readonly options: Readonly<Record<string, Below>>;
  /** Nobody has to give any. Default true. */
  readonly isOptional?: false;
}

/** Options inside of an option; `true`: none. */
type Below = true | Readonly<Record<string, true>>;

type Complete<Options> = { readonly [Name in keyof Options]-?: Below };
type CompleteBelow<Options> = { readonly [Name in keyof Options]-?: true };

const START = {
  service: true,
  version: true,
  environment: true,
  resource: true,
  propagators: { extract: true, inject: true } satisfies CompleteBelow<PropagatorLists>,
  propagateTo: true,
  baggageAttributes: true,
  sample: { route: true, method: true, rate: true, perSecond: true } satisfies CompleteBelow<SampleRule>,
  keep: { errors: true, slowerThan: true, status: true } satisfies CompleteBelow<KeepOptions>,
  metrics: true,
  redact: { query: true, headers: true, attributes: true } satisfies CompleteBelow<RedactOptions>,
  exporters: true,
  spool: { mode: true, directory: true, maxBytes: true, maxAge: true } satisfies CompleteBelow<SpoolOptions>,
  limits: {
    attributes: true,
    attributeLength: true,
    events: true,
    links: true,
    openSpans: true,
    openMs: true,
    queueBytes: true,
  } satisfies CompleteBelow<LimitOptions>,
  location: true,
  randomFlag: true,
  instrument: { fetch: true, http: true } satisfies CompleteBelow<InstrumentOptions>,
} satisfies Complete<StartOptions>;

const { exporters: _exporters, spool: _spool, instrument: _instrument, ...CAPTURE } = START;

const SERVER = {
  incoming: true,
  trustProxy: true,
  ignore: true,
  captureHeaders: { request: true, response: true } satisfies CompleteBelow<CaptureHeaders>,
  responseHeader: true,
  attributes: true,
} satisfies Complete<TracingOptions>;

const CLIENT = { peer: true, propagateTo: true, attributes: true, name: true } satisfies Complete<ClientOptions>;
const WRAP = { kind: true, attributes: true, parent: true, links: true } satisfies Complete<WrapOptions>;
const HTTP = { endpoint: true, headers: true, timeoutMs: true, agent: true } satisfies Complete<ZipkinOptions>;
const TLS = { ca: true, cert: true, key: true } satisfies CompleteBelow<TlsOptions>;
const FILE = { path: true, maxBytes: true, maxFiles: true } satisfies Complete<FileOptions> &
  Complete<FileStoreOptions>;
const MATCH = { name: true, route: true, kind: true, status: true, attributes: true } satisfies Complete<SpanMatch>;

const REPORT = { from: true, to: true, history: true } satisfies Complete<ReportOptions>;
const DRAW = {
  width: true,
  color: true,
  maxRows: true,
  as: true,
  adopt: true,
  remark: true,
  critical: true,
  collapse: true,
} satisfies Complete<DrawOptions>;

const client = new Redis({ lazyConnect: true });
const captured = await capture(() => {});
const listener = (): void => {};

const started: { shutdown(): Promise<void> }[] = [];

const TAKERS: readonly Taker[] = [
  {
    caller: 'start',
    call: (options) => started.push(start(options as StartOptions)),
    options: START,
  },
  {
    caller: 'capture',
    call: (options) => capture(options as CaptureOptions).stop(),
    options: CAPTURE satisfies Complete<CaptureOptions>,
  },
  { caller: 'tracing', call: (options) => tracing(options as TracingOptions), options: SERVER },
  {
    caller: 'tracing.handler',
    call: (options) => tracing.handler(listener, options as TracingOptions),
    options: SERVER,
  },
  {
    caller: 'tracing.upgrade',
    call: (options) => tracing.upgrade(listener, options as TracingOptions),
    options: SERVER,
  },
  { caller: 'traceAxios', call: (options) => traceAxios(axios.create(), options as ClientOptions), options: CLIENT },
  {
    caller: 'traceFetch',
    call: (options) => traceFetch(async () => new Response(), options as ClientOptions),
    options: CLIENT,
  },
  { caller: 'traceHttp', call: (options) => traceHttp(http, options as ClientOptions), options: CLIENT },
  { caller: 'span.wrap', call: (options) => span.wrap('a', listener, options as WrapOptions), options: WRAP },
  { caller: '@traced', call: (options) => traced('a', options as WrapOptions), options: WRAP },
  {
    caller: 'otlp',
    call: (options) => otlp(options as OtlpOptions),
    options: { ...HTTP, protocol: true, compression: true, tls: TLS } satisfies Complete<OtlpOptions>,
  },
  { caller: 'zipkin', call: (options) => zipkin(options as ZipkinOptions), options: HTTP },
  {
    caller: 'console',
    call: (options) => consoleExporter(options as ConsoleOptions),
    options: { stream: true, format: true } satisfies Complete<ConsoleOptions>,
  },
  {
    caller: 'file',
    call: (options) => file(options as FileOptions),
    needs: { path: 'a' },
    options: FILE,
    isOptional: false,
  },
  {
    caller: 'fileStore',
    call: (options) => fileStore(options as FileStoreOptions),
    needs: { path: 'a' },
    options: FILE,
    isOptional: false,
  },
  {
    caller: 'memoryStore',
    call: (options) => memoryStore(options as MemoryStoreOptions),
    options: { maxBytes: true, maxTraceSpans: true } satisfies Complete<MemoryStoreOptions>,
  },
  {
    caller: 'redis',
    call: (options) => redis(options as RedisOptions),
    needs: { client },
    options: { client: true, ttl: true, index: true, maxTraceSpans: true, live: true } satisfies Complete<RedisOptions>,
    isOptional: false,
  },
  {
    caller: 'collector',
    call: async (options) => (await collector(options as CollectorOptions)).close(),
    options: { port: true, host: true } satisfies Complete<CollectorOptions>,
  },
  {
    caller: 'assertTree',
    call: (options) => assertTree([], '', options as AssertTreeOptions),
    options: { ordered: true } satisfies Complete<AssertTreeOptions>,
  },
  { caller: 'report', call: (options) => report([], options as ReportOptions), options: REPORT },
  { caller: 'findingsIn', call: (options) => findingsIn([], options as FindingOptions), options: { history: true } },
  { caller: 'drawTrace', call: (options) => drawTrace([], options as DrawOptions), options: DRAW },
  { caller: 'drawTraceList', call: (options) => drawTraceList([], options as DrawOptions), options: DRAW },
  { caller: 'drawDiff', call: (options) => drawDiff(diffTraces([], []), options as DrawOptions), options: DRAW },
  { caller: 'drawReport', call: (options) => drawReport(report([]), options as DrawOptions), options: DRAW },
  { caller: 'all', call: (options) => captured.all(options as SpanMatch), options: MATCH },
  { caller: 'find', call: (options) => captured.find(options as SpanMatch), options: MATCH, isOptional: false },
];

/** The error that the call threw or rejected with; undefined when it was content. */
async function refusal(taker: Taker, options: unknown): Promise<unknown> {
  try {
    await taker.call(options);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The error that a wrong option has: of which function, which option, what came. */
function assertRefusal(error: unknown, caller: string, name: string, what: string): void {
  assert.ok(error instanceof TypeError, `${what}: ${error}`);
  assert.equal((error as { code?: unknown }).code, 'ERR_THROUGHLINE_OPTION', `${what}: ${error.message}`);
  assert.ok(error.message.startsWith(`${caller}(): `), `${what}: ${error.message}`);
  assert.ok(error.message.includes(name), `${what}: ${error.message}`);
}

/** The system's own word: a host that does not resolve, a port that is not ours. */
function isOfSystem(error: unknown): boolean {
  return (error as { syscall?: unknown }).syscall !== undefined;
}

/** Accepts it, or refuses it in its own name: there is no third way. Says whether it was refused. */
async function judge(taker: Taker, options: unknown, name: string, what: string): Promise<boolean> {
  const error = await refusal(taker, options);
  if (error === undefined || isOfSystem(error)) return false;
  assertRefusal(error, taker.caller, name, what);
  return true;
}

/** The options that take a hostile value that all others refuse. */
const TAKES_NULL = ['span.wrap parent', '@traced parent'];

const clean = (test: () => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ takeDiagnostics }) => {
    await test();
    for (const one of started.splice(0)) await one.shutdown();
    takeDiagnostics(); // what a second start, or an allowed header, is said about
  });

describe('every function that takes options', () => {
  for (const taker of TAKERS) {
    const { caller, needs = {}, options, isOptional = true } = taker;

    it(
      `refuses what is no object of options: ${caller}`,
      clean(async () => {
        for (const [what, value] of Object.entries(HOSTILE)) {
          if (caller === 'capture' && typeof value === 'function') continue; // the function to run
          const isRefused = await judge(taker, value, '', what);
          assert.equal(isRefused, what !== 'an empty object' || taker.needs !== undefined, what);
        }
        assert.equal((await refusal(taker, { ...needs, zzz: 1 })) instanceof TypeError, true);
        assert.equal((await refusal(taker, undefined)) === undefined, isOptional);
        assert.equal(await refusal(taker, Object.assign(Object.create(null), needs)), undefined, 'without a prototype');
      }),
    );

    for (const [name, below] of Object.entries(options)) {
      it(
        `refuses, or takes, whatever its option is: ${caller} ${name}`,
        clean(async () => {
          for (const [what, value] of Object.entries(HOSTILE)) {
            const isRefused = await judge(taker, { ...needs, [name]: value }, `"${name}`, what);
            const isSure = what === 'a symbol' || (what === 'null' && !TAKES_NULL.includes(`${caller} ${name}`));
            if (isSure) assert.ok(isRefused, `${name}: ${what}`);
          }
          if (below === true) return;
          for (const [inner, [what, value]] of pairs(Object.keys(below), Object.entries(HOSTILE))) {
            const isRefused = await judge(
              taker,
              { ...needs, [name]: inside(name, { [inner]: value }) },
              `"${name}`,
              `${inner}: ${what}`,
            );
            if (what === 'null' || what === 'a symbol') assert.ok(isRefused, `${name}.${inner}: ${what}`);
          }
          const error = await refusal(taker, {
            ...needs,
            [name]: inside(name, { [`${Object.keys(below)[0]}x`]: 1 }),
          });
          assertRefusal(error, caller, `"${name}`, 'misspelt');
          assert.match(String(error), /did you mean "/);
        }),
      );
    }

    it(
      `says the nearest name: ${caller}`,
      clean(async () => {
        for (const name of Object.keys(options)) {
          const error = await refusal(taker, { ...needs, [`${name}x`]: 1 });
          assertRefusal(error, caller, `unknown option "${name}x"; did you mean "${name}"?`, name);
        }
      }),
    );

    it(
      `survives anything: ${caller}`,
      clean(async () => {
        const names = Object.keys(options);
        const any = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true });
        const options_ = fc.oneof(any, fc.dictionary(fc.constantFrom(...names), any, { maxKeys: 2 }));
        await fc.assert(
          fc.asyncProperty(options_, async (given) => {
            if (caller === 'capture' && typeof given === 'function') return;
            await judge(taker, given, '', 'anything');
          }),
          { numRuns: 60, seed: 11 },
        );
      }),
    );
  }
});

/** Rules stand in a list. */
function inside(name: string, options: object): unknown {
  return name === 'sample' ? [options] : options;
}

function pairs<A, B>(as: readonly A[], bs: readonly B[]): [A, B][] {
  return as.flatMap((a) => bs.map((b): [A, B] => [a, b]));
}

describe('a hint', () => {
  it('says what was meant, not the word that looks like it', () => {
    const code = 'ERR_THROUGHLINE_OPTION';
    const message = 'redis(): unknown option "url"; give a client: client: new Redis(url)';
    assert.throws(() => redis({ url: 'redis://' } as never), { code, message });
    const seconds = /^redis\(\): "ttl" must be whole seconds .*, got 3600; write its unit: "3600s" for seconds$/;
    assert.throws(() => redis({ client, ttl: 3600 as never }), { code, message: seconds });
    const unused = 'capture(): unknown option "exporters"; spans stay in memory here';
    assert.throws(() => capture({ exporters: 'otlp' } as never), { code, message: unused });
  });
});

describe('what runs while the app works throws for no options', () => {
  for (const [what, value] of Object.entries(HOSTILE)) {
    it(
      `${what}`,
      clean(async () => {
        const hostile = value as never;
        span('around', (around) => {
          for (const options of [hostile, { kind: hostile, attributes: hostile, links: hostile, startTime: hostile }]) {
            if (typeof options !== 'function') span('scope', options as SpanOptions).end();
            assert.equal(
              span('callback', options as SpanOptions, () => 7),
              7,
            );
            around.child('child', options as SpanOptions).end();
          }
          span('parent', { parent: hostile }, () => undefined);
          const carrier = {};
          assert.equal(inject(carrier, hostile), carrier);
          assert.equal(inject(carrier, { context: hostile, setter: hostile }), carrier);
          inject(hostile);
          extract(hostile);
          extract({ traceparent: '' }, hostile);
          extract({ traceparent: '' }, { getter: hostile });
        });
      }),
    );
  }
});

/** Functions that are handed something to work on. */
const ARGUMENTS: readonly [caller: string, call: (given: never) => unknown][] = [
  ['tracing.handler', (given) => tracing.handler(given)],
  ['tracing.upgrade', (given) => tracing.upgrade(given)],
  ['tracing.layer', (given) => tracing.layer(given, listener)],
  ['tracing.layer', (given) => tracing.layer('a', given)],
  ['traceAxios', (given) => traceAxios(given)],
  ['traceFetch', (given) => traceFetch(given)],
  ['traceHttp', (given) => traceHttp(given)],
  ['span.wrap', (given) => span.wrap(given, listener)],
  ['span.wrap', (given) => span.wrap('a', given)],
  ['@traced', (given) => traced(given)],
  ['capture', (given) => capture({}, given)],
  ['assertTree', (given) => (typeof given === 'string' ? undefined : assertTree([], given))],
  ['withTrace', (given) => captured.run(() => withTrace(given))],
];

describe('every function that is handed something', () => {
  for (const [index, [caller, call]] of ARGUMENTS.entries()) {
    it(
      `takes it or refuses it in its own name: ${caller}, ${index}`,
      clean(async () => {
        for (const [what, value] of Object.entries(HOSTILE)) {
          if (caller === 'capture' && typeof value === 'function') continue; // a function to run
          if (/throws|revoked/.test(what)) continue; // its own error is what the app sees
          const taker = { caller, call: call as Taker['call'], options: {} };
          const isRefused = await judge(taker, value, '', what);
          if (value === null || typeof value === 'number') assert.ok(isRefused, what);
        }
      }),
    );
  }
});
