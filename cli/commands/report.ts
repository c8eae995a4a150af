import { criticalOperations } from '../../src/analysis/critical-operations.ts';
import { FINDING_KINDS, type Finding, type FindingKind } from '../../src/analysis/finding.ts';
import { type History, historyOf } from '../../src/analysis/history.ts';
import { type Report, report } from '../../src/analysis/report.ts';
import type { TraceTree } from '../../src/analysis/types.ts';
import { nearestName } from '../../src/core/options/errors.ts';
import type { SpanStore, TraceQuery } from '../../src/store/span-store.ts';
import { count } from '../../src/terminal/count.ts';
import type { DrawOptions } from '../../src/terminal/options.ts';
import { drawReport } from '../../src/terminal/report.ts';
import { type Command, drawOptions } from '../command.ts';
import { type CommandArguments, quote } from '../command-arguments.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type Io, safeJson } from '../io.ts';
import { loadTraces, MOST_TRACES } from '../load-traces.ts';
import { namedStore } from '../open-store.ts';
import { COMMON_OPTIONS, FILTER_OPTIONS } from '../option-specs.ts';
import { momentOf } from '../times.ts';
import { traceFilter } from '../trace-filter.ts';
import { withStore } from '../with-store.ts';

export const command: Command = {
  usage: '[store] [options]',
  about:
    'Says what was slow, what failed, and why: findings with their evidence, ranked by the time they could save; where the time goes; rate, errors and durations of each operation; who calls whom.',
  options: {
    ...FILTER_OPTIONS,
    limit: {
      value: 'number',
      help: `look at so many traces at most, the latest (default ${MOST_TRACES.toLocaleString('en-US')})`,
    },
    history: {
      value: 'when',
      help: 'what began between this moment and --since counts as usual (default: the traces themselves)',
    },
    'fail-on': {
      value: 'kinds',
      help: `exit with 1 on findings of these kinds, or "any": ${FINDING_KINDS.join(', ')}`,
    },
    rows: { value: 'number', help: 'show so many findings, and rows of each table, at most (default 50)' },
    ...COMMON_OPTIONS,
  },
  examples: [
    ['throughline report --since yesterday --until today', 'what was slow yesterday, and why'],
    ['throughline report --since 1h --history 7d', 'the last hour, against the days before'],
    ['throughline report --store spans.jsonl --fail-on n-plus-one,error-root-cause', 'a check for CI'],
    ['throughline report --json --since 1d', 'for programs'],
  ],
  async run(given, io) {
    const asked = readRequest(given, io);
    return withStore(asked.address, io, async (store) => {
      const traces = await loadTraces(store, asked.query, io);
      const history = await usual(store, asked, io);
      const { from, to } = asked.query;
      const summary = report(traces, { from, to, history });
      say(summary, traces, asked, io);
      return verdict(summary.findings, asked.bad, io);
    });
  },
};

/** The questions of one call. */
interface Request {
  readonly address: string;
  readonly query: TraceQuery;
  /** Kinds of findings to fail on. */
  readonly bad: ReadonlySet<string>;
  /** The beginning of the time that says what is usual. */
  readonly usualFrom: number | undefined;
  readonly asJson: boolean;
  readonly drawing: DrawOptions;
}

function readRequest(given: CommandArguments, io: Io): Request {
  const { address, words } = namedStore(given, io);
  const [extra] = words;
  if (extra !== undefined)
    throw new UsageError(
      `report takes no argument, got ${quote(extra)}; filters are options, such as --service ${quote(extra)}`,
    );
  const query = { ...traceFilter(given, io.now()), limit: given.number('limit') };
  return {
    query,
    bad: kindsToFailOn(given.text('fail-on')),
    usualFrom: historyStart(given, query, io),
    asJson: given.has('json'),
    drawing: { ...drawOptions(given, io), maxRows: given.number('rows') },
    address,
  };
}

function say(summary: Report, traces: readonly TraceTree[], { asJson, drawing }: Request, io: Io): void {
  if (asJson) io.out(`${safeJson(summary)}\n`);
  else if (traces.length === 0) io.err('throughline: no traces found\n');
  else io.out(`${drawReport({ ...summary, critical: criticalOperations(traces) }, drawing)}\n`);
}

function historyStart(given: CommandArguments, query: TraceQuery, io: Io): number | undefined {
  const text = given.text('history');
  if (text === undefined) return undefined;
  if (query.from === undefined) throw new UsageError('--history needs --since: it is the time before that');
  const from = momentOf('history', text, io.now());
  if (from < query.from) return from;
  throw new UsageError('--history must be before --since');
}

/** The usual times of the operations, from the time before. */
async function usual(store: SpanStore, { query, usualFrom: from }: Request, io: Io): Promise<History | undefined> {
  if (from === undefined) return undefined;
  // Failed and slow ones alone would be no history.
  const { service, operation } = query;
  return historyOf(await loadTraces(store, { service, operation, from, to: query.from }, io));
}

function kindsToFailOn(text: string | undefined): ReadonlySet<string> {
  if (text === undefined) return new Set();
  if (text === 'any') return new Set(FINDING_KINDS);
  const kinds = text.split(',').map((kind) => kind.trim());
  for (const kind of kinds) {
    if (FINDING_KINDS.includes(kind as FindingKind)) continue;
    const near = nearestName(kind, FINDING_KINDS);
    throw new UsageError(
      `--fail-on: there is no kind ${quote(kind)}; ${near ? `did you mean ${near}?` : `there are ${FINDING_KINDS.join(', ')}`}`,
    );
  }
  return new Set(kinds);
}

function verdict(findings: readonly Finding[], bad: ReadonlySet<string>, io: Io): number {
  const found = findings.filter(({ kind }) => bad.has(kind));
  if (found.length === 0) return EXIT.ok;
  const kinds = [...new Set(found.map(({ kind }) => kind))].join(', ');
  io.err(`throughline: ${count(found.length, 'finding')} to fail on: ${kinds}\n`);
  return EXIT.no;
}
