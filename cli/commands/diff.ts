import { diffTraces, regressionsOf, type TraceDiff } from '../../src/analysis/diff.ts';
import { walk } from '../../src/analysis/tree.ts';
import type { TraceTree } from '../../src/analysis/types.ts';
import { type AttributeShare, whatDiffers } from '../../src/analysis/what-differs.ts';
import type { SpanRecord } from '../../src/core/record.ts';
import type { SpanStore, TraceQuery } from '../../src/store/span-store.ts';
import { drawAttributeShares } from '../../src/terminal/attribute-shares.ts';
import { count } from '../../src/terminal/count.ts';
import { drawDiff } from '../../src/terminal/diff.ts';
import { formatDuration } from '../../src/terminal/text.ts';
import { type Command, drawOptions } from '../command.ts';
import { type CommandArguments, quote } from '../command-arguments.ts';
import { type DiffSide, loadSide, parseSide } from '../diff-side.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type Io, safeJson } from '../io.ts';
import { usualStore } from '../open-store.ts';
import { COMMON_OPTIONS, FILTER_OPTIONS } from '../option-specs.ts';
import { parseDuration } from '../times.ts';
import { traceFilter } from '../trace-filter.ts';
import { withStore } from '../with-store.ts';

const MOST_SHARES = 10;

export const command: Command = {
  usage: '<before> <after> [options]',
  about:
    'Compares two traces, a trace with the others of its operation (baseline), or two runs: at every place of the trees how many spans there were, how long they worked themselves, and how much of it was waited for. What got slower by more than noise is marked ▲. A side is a trace (id, last, slowest), "baseline", a stretch of time (yesterday..today, 1h..), or a store (a file, redis://…).',
  options: {
    'fail-on-regression': { help: 'exit with 1 when a place is marked ▲' },
    'fail-above': {
      value: '20%|time',
      help: 'exit with 1 when a trace takes longer than before, on average, by more than this: 20%, 50ms',
    },
    attributes: { help: 'also show which attribute values one side has more often' },
    rows: { value: 'number', help: 'show so many places at most (default 200)' },
    limit: { value: 'number', help: 'look at so many traces of a side at most, the latest (default 10,000)' },
    ...FILTER_OPTIONS,
    ...COMMON_OPTIONS,
  },
  examples: [
    ['throughline diff baseline slowest', 'why the slowest trace was slow'],
    ['throughline diff 4bf92f35 00f067aa', 'one trace with another'],
    ['throughline diff yesterday..today today.. --service shop', 'two days'],
    ['throughline diff main.jsonl branch.jsonl --fail-above 20%', 'two runs of the tests: a check for CI'],
  ],
  async run(given, io) {
    const [left, right, extra] = given.positionals;
    if (left === undefined || right === undefined)
      throw new UsageError('diff needs two sides: throughline diff <before> <after>');
    if (extra !== undefined) throw new UsageError(`diff takes two sides, got also ${quote(extra)}`);
    const sides = [parseSide(left, io), parseSide(right, io)] as const;
    checkSides(sides, given);
    const failAbove = growthOf(given.text('fail-above'));
    const query = { ...traceFilter(given, io.now()), limit: given.number('limit') };
    const maxRows = given.number('rows');
    const [before, after] = await loadSides(sides, query, given, io);
    const diff = diffTraces(before, after);
    const shares = given.has('attributes') ? whatDiffers(spansOf(after), spansOf(before)) : undefined;
    if (given.has('json')) {
      io.out(`${safeJson({ ...diff, regressions: regressionsOf(diff), ...(shares ? { attributes: shares } : {}) })}\n`);
    } else {
      const drawing = { ...drawOptions(given, io), maxRows };
      io.out(`${[drawDiff(diff, drawing), ...sharesText(shares, drawing)].join('\n\n')}\n`);
    }
    return verdict(diff, failAbove, given.has('fail-on-regression'), io);
  },
};

function checkSides([before, after]: readonly [DiffSide, DiffSide], given: CommandArguments): void {
  for (const [side, other] of [
    [before, after],
    [after, before],
  ] as const) {
    if (side.kind === 'baseline' && other.kind !== 'trace')
      throw new UsageError('baseline is that of a trace: diff baseline <trace>');
    if (side.kind === 'window' && (given.text('since') ?? given.text('until')) !== undefined) {
      throw new UsageError(`${quote(side.word)} says already when: leave --since and --until out`);
    }
  }
}

/** A baseline needs the other side first. */
async function loadSides(
  [left, right]: readonly [DiffSide, DiffSide],
  query: TraceQuery,
  given: CommandArguments,
  io: Io,
): Promise<[TraceTree[], TraceTree[]]> {
  if (left.kind === 'baseline') {
    const after = await load(right, query, [], given, io);
    return [await load(left, query, after, given, io), after];
  }
  const before = await load(left, query, [], given, io);
  return [before, await load(right, query, before, given, io)];
}

async function load(
  side: DiffSide,
  query: TraceQuery,
  other: readonly TraceTree[],
  given: CommandArguments,
  io: Io,
): Promise<TraceTree[]> {
  const address = side.kind === 'run' ? side.word : (given.text('store') ?? usualStore(io));
  return withStore(address, io, (store: SpanStore) => loadSide(side, store, query, other, io));
}

function spansOf(traces: readonly TraceTree[]): SpanRecord[] {
  return traces.flatMap((trace) => [...walk(trace)].map(({ span }) => span));
}

function sharesText(
  shares: readonly AttributeShare[] | undefined,
  options: Parameters<typeof drawAttributeShares>[1],
): string[] {
  return shares ? [drawAttributeShares(shares, { ...options, maxRows: MOST_SHARES })] : [];
}

/** By how much a trace may take longer: a share of before, or milliseconds. */
interface Growth {
  readonly share?: number;
  readonly ms?: number;
}

function growthOf(text: string | undefined): Growth | undefined {
  if (text === undefined) return undefined;
  const [, percent] = /^(\d{1,6}(?:\.\d{1,3})?) ?%$/.exec(text) ?? [];
  if (percent !== undefined) return { share: Number(percent) / 100 };
  if (!/[a-z]$/.test(text))
    throw new UsageError(`--fail-above must be a share or a time, such as 20% or 50ms, got ${quote(text)}`);
  return { ms: parseDuration('fail-above', text) };
}

function verdict(diff: TraceDiff, growth: Growth | undefined, failsOnRegression: boolean, io: Io): number {
  const { before, after } = diff.durationMs;
  const faults: string[] = [];
  const most = growth && before + (growth.ms ?? before * (growth.share ?? 0));
  if (most !== undefined && after > most) {
    faults.push(
      `a trace takes ${formatDuration(after)}, more than the ${formatDuration(most)} that --fail-above allows`,
    );
  }
  const worse = failsOnRegression ? regressionsOf(diff).length : 0;
  if (worse > 0) faults.push(`${count(worse, 'place')} got slower`);
  for (const fault of faults) io.err(`throughline: ${fault}\n`);
  return faults.length > 0 ? EXIT.no : EXIT.ok;
}
