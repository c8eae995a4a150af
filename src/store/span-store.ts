import type { Histogram } from '../analysis/histogram.ts';
import type { SpanKind, SpanRecord } from '../core/record.ts';

/** The last argument of every call: when the signal fires it ends early, and rejects with the signal's reason. */
export interface StoreCall {
  readonly signal?: AbortSignal | undefined;
}

/** The result of one `append`. */
export interface AppendResult {
  /** Kept, those that were there already among them. */
  readonly stored: number;
  /** Not kept, for good: over the cap of their trace, larger than the store, or not writable. */
  readonly dropped: number;
  /** The reason, for the first of them. */
  readonly message?: string | undefined;
}

/** All spans of one trace that the store has, each span id once, by start. */
export interface StoredTrace {
  readonly traceId: string;
  readonly spans: readonly SpanRecord[];
  /** Spans that came but were not kept, since the trace had reached its cap. */
  readonly dropped: number;
}

/**
 * Which traces. `from` and `to` are about the start of the trace; all other criteria must hold for one
 * and the same span of it. What is left out does not restrict.
 */
export interface TraceQuery {
  readonly service?: string | undefined;
  /** The name of a span. */
  readonly operation?: string | undefined;
  /** `key=value`: attributes of the span or of its resource. Values are compared as text; an item of a list counts. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly minDurationMs?: number | undefined;
  readonly maxDurationMs?: number | undefined;
  /** `true`: a span that failed; `false`: one that did not. */
  readonly error?: boolean | undefined;
  /** The HTTP status of a span: `404`, or `5` for all from 500 to 599. */
  readonly status?: number | undefined;
  /** `http.route` of a span. */
  readonly route?: string | undefined;
  /** Milliseconds since the Unix epoch, included. */
  readonly from?: number | undefined;
  /** Milliseconds since the Unix epoch, not included. */
  readonly to?: number | undefined;
  /** Traces on one page. Default 20, at most 1000. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** A trace in a list. */
export interface TraceSummary {
  readonly traceId: string;
  /** First start, in milliseconds since the Unix epoch. */
  readonly startTimeMs: number;
  /** First start to last end. */
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** In alphabetical order. */
  readonly services: readonly string[];
  /** Of the first span without a parent; of the first span while there is none. */
  readonly rootName: string;
  readonly rootService: string;
  /** The HTTP status that it answered. */
  readonly rootStatus?: number | undefined;
  /** The path of a request that met no route: its name is the method alone. */
  readonly rootPath?: string | undefined;
  /** Why it failed, where it did and says so; else why the first span that failed did. */
  readonly message?: string | undefined;
}

/** One page of a search. */
export interface SearchPage {
  /** The latest start first; of equal starts the lower trace id. */
  readonly traces: readonly TraceSummary[];
  /** The place where the next page begins. Without it this was the last. A page may be short, even empty, and not be the last. */
  readonly next?: string | undefined;
}

/** A kind of span that a service makes. */
export interface Operation {
  readonly name: string;
  readonly kind: SpanKind;
}

/** Which operations to sum up, over which time. */
export interface AggregateQuery {
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  /** Milliseconds since the Unix epoch. Rounded down to a bucket. */
  readonly from?: number | undefined;
  /** Milliseconds since the Unix epoch. Rounded up to a bucket. */
  readonly to?: number | undefined;
  /** Length of a bucket: rounded up to a multiple of ten minutes, which is also the default. */
  readonly bucketMs?: number | undefined;
}

/** Rate, errors and durations of one operation in one bucket of time. */
export interface AggregateRow {
  readonly service: string;
  readonly operation: string;
  readonly kind: SpanKind;
  /** Start of the bucket, a multiple of its length, in milliseconds since the Unix epoch. A span counts where it starts. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly errors: number;
  /** Histograms of several rows, services or stores can be merged. */
  readonly durations: Histogram;
}

/** The traces that `removeBefore` took away. */
export interface Removed {
  readonly traces: number;
  readonly spans: number;
}

/** Options of `tail`. */
export interface TailOptions {
  /** Spans that may wait for the reader; the oldest go first. Default 10,000. */
  readonly maxWaiting?: number | undefined;
  /** The older place of the call's own `signal`; either ends the tail. */
  readonly signal?: AbortSignal | undefined;
}

/** The spans that arrived since the last look. */
export interface TailBatch {
  readonly spans: readonly SpanRecord[];
  /** Spans that came and went unseen, since the reader was too slow. */
  readonly missed: number;
}

/** Something in the store that could not be read; the rest was. */
export interface StoreProblem {
  /** The file or the key. */
  readonly where: string;
  /** The line of a file, from 1. */
  readonly line?: number | undefined;
  /** The fault, and how to mend it. */
  readonly message: string;
}

/** The places that could not be read so far. */
export interface StoreProblems {
  readonly count: number;
  /** The first hundred, each place once. */
  readonly first: readonly StoreProblem[];
}

/**
 * A place where finished spans are kept and found again. Every store passes one suite (`test/contract/suites/store.ts`),
 * so a program that reads one reads all of them. Calls reject with a {@link StoreError} when the store
 * cannot be reached; bad data inside it never makes a call fail: it is left out and told by `problems()`.
 *
 *     const page = await store.search({ service: 'shop', error: true, limit: 10 });
 *     for (const { traceId } of page.traces) console.log((await store.trace(traceId))?.spans.length);
 */
export interface SpanStore {
  /** `memory`, `file`, `redis`. */
  readonly name: string;
  /** The place of the spans, for a person: a path, an address without credentials. */
  readonly destination?: string | undefined;
  /** Keeps spans, whatever traces they belong to. The same span (trace id and span id) twice is one. */
  append(spans: readonly SpanRecord[], call?: StoreCall): Promise<AppendResult>;
  /** One trace, or `undefined` when nothing of it is there. */
  trace(traceId: string, call?: StoreCall): Promise<StoredTrace | undefined>;
  /**
   * Several traces, in any order, without those that are not there. A store that has no better way calls
   * {@link tracesOneByOne}.
   */
  traces(traceIds: readonly string[], call?: StoreCall): Promise<readonly StoredTrace[]>;
  /**
   * Every trace that matches, whole, in any order, the latest `limit` of them: for stores where that costs less than
   * `search` and `traces`. {@link readTraces} asks it where it is there.
   */
  readonly read?: ((query?: TraceQuery, call?: StoreCall) => AsyncIterable<StoredTrace>) | undefined;
  /** Traces that match, the latest first, a page at a time. */
  search(query?: TraceQuery, call?: StoreCall): Promise<SearchPage>;
  /** Names of the services that have spans, in alphabetical order. */
  services(call?: StoreCall): Promise<readonly string[]>;
  /** The operations of a service, by name, then kind. */
  operations(service: string, call?: StoreCall): Promise<readonly Operation[]>;
  /** Rate, errors and durations, by bucket, service, operation and kind. */
  aggregate(query?: AggregateQuery, call?: StoreCall): Promise<readonly AggregateRow[]>;
  /**
   * Removes the traces that started before a time, in milliseconds since the Unix epoch. A store may keep
   * some of them where removing costs more than it frees; it removes none that started later.
   */
  removeBefore(timeMs: number, call?: StoreCall): Promise<Removed>;
  /**
   * The spans that arrive once the promise has resolved, until the signal fires (then the loop ends) or the
   * loop is left.
   *
   *     for await (const { spans } of await store.tail({}, { signal })) for (const { name } of spans) console.log(name);
   */
  tail(options?: TailOptions, call?: StoreCall): Promise<AsyncIterable<TailBatch>>;
  /** The places that could not be read so far. */
  problems(): StoreProblems;
  /** Releases sockets and files; running tails end. What the store keeps stays. */
  close(): Promise<void>;
}
