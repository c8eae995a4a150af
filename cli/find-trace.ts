import { searchAll } from '../src/store/read-traces.ts';
import type { SpanStore, StoredTrace, TraceQuery, TraceSummary } from '../src/store/span-store.ts';
import { quote } from './command-arguments.ts';
import { NotFoundError, UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';

/** The id of a trace, and the beginning of one, as words that name it. */
const ID = /^[0-9a-f]{32}$/i;
const SHORT = '0'.repeat(16);
const ID_START = /^[0-9a-f]{2,31}$/i;

/** True for a word that may name a trace. */
export function namesTrace(word: string): boolean {
  return word === 'last' || word === 'slowest' || ID.test(word) || ID_START.test(word);
}

/**
 * The trace that a word names; `query` is for `last` and `slowest`.
 *
 * @throws NotFoundError when there is none, UsageError when there are several, or the word can name none
 */
export async function findTrace(store: SpanStore, word: string, query: TraceQuery, io: Io): Promise<StoredTrace> {
  if (!namesTrace(word)) {
    throw new UsageError(`a trace is named by its id, the beginning of it, "last" or "slowest", got ${quote(word)}`);
  }
  const traceId = ID.test(word) ? word.toLowerCase() : await idFor(store, word, query, io);
  const trace = traceId === undefined ? undefined : await store.trace(traceId, { signal: io.signal });
  if (trace !== undefined) return trace;
  const where = store.destination ?? store.name;
  if (word === 'last' || word === 'slowest') throw new NotFoundError(`no trace ${describeQuery(query)}in ${where}`);
  throw new NotFoundError(`no trace ${ID.test(word) ? '' : 'that begins with '}${word} in ${where}`);
}

function describeQuery(query: TraceQuery): string {
  return Object.values(query).some((value) => value !== undefined) ? 'that fits the filters ' : '';
}

async function idFor(store: SpanStore, word: string, query: TraceQuery, io: Io): Promise<string | undefined> {
  if (word === 'last') {
    for await (const { traceId } of searchAll(store, { ...query, limit: 1 }, { signal: io.signal })) return traceId;
    return undefined;
  }
  if (word === 'slowest') return (await slowest(store, query, io))?.traceId;
  return idThatBegins(store, word.toLowerCase(), io);
}

async function slowest(store: SpanStore, query: TraceQuery, io: Io): Promise<TraceSummary | undefined> {
  let most: TraceSummary | undefined;
  for await (const trace of listAll(store, query, io)) {
    if (most === undefined || trace.durationMs > most.durationMs) most = trace;
  }
  return most;
}

async function idThatBegins(store: SpanStore, start: string, io: Io): Promise<string | undefined> {
  const found: string[] = [];
  for await (const { traceId } of listAll(store, {}, io)) {
    // An id of 64 bits is known by its sixteen digits, without the zeros that fill it up.
    if (traceId.startsWith(start) || (traceId.startsWith(SHORT) && traceId.startsWith(start, SHORT.length))) {
      found.push(traceId);
    }
    if (found.length > 4) break;
  }
  if (found.length < 2) return found[0];
  const several = `${found.slice(0, 4).join(', ')}${found.length > 4 ? ', …' : ''}`;
  throw new UsageError(`${start} begins several traces: ${several}`);
}

async function* listAll(store: SpanStore, query: TraceQuery, io: Io): AsyncGenerator<TraceSummary, void, undefined> {
  const progress = new Progress(io, 'looking');
  let seen = 0;
  try {
    for await (const trace of searchAll(store, query, { signal: io.signal })) {
      progress.tell(++seen, 'trace');
      yield trace;
    }
  } finally {
    progress.end();
  }
}
