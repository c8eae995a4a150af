import { checked, type Readers, readOptions } from '../../core/options/options.ts';
import { type AnalysedTrace, analyse } from '../analysed-trace.ts';
import type { Cause, Finding } from '../finding.ts';
import { type History, isHistory } from '../history.ts';
import { operationOf } from '../labels.ts';
import { serviceName } from '../tree.ts';
import type { TraceTree } from '../types.ts';
import { findClockSkew } from './clock-skew.ts';
import { findErrorRootCauses } from './error-root-cause.ts';
import { findLayeredRetries } from './layered-retries.ts';
import { findNPlusOne } from './n-plus-one.ts';
import { findNotPropagated } from './not-propagated.ts';
import { findOrphans } from './orphaned.ts';
import { rankCauses, rankFindings } from './rank.ts';
import { findRetryStorms } from './retry-storm.ts';
import { findSequential } from './sequential.ts';
import { findSlowerThanUsual } from './slower-than-usual.ts';
import { findStragglers } from './straggler.ts';
import { findSwallowedErrors } from './swallowed-error.ts';
import { findTimeoutMismatches } from './timeout-mismatch.ts';
import { findWaiting } from './waiting.ts';

/** Each looks at one trace, whatever the others find. */
const FINDERS: readonly ((trace: AnalysedTrace) => Finding[])[] = [
  findNPlusOne,
  findSequential,
  findStragglers,
  findLayeredRetries,
  findRetryStorms,
  findTimeoutMismatches,
  findErrorRootCauses,
  findSwallowedErrors,
  findOrphans,
  findClockSkew,
];

/** Options of `findingsIn`. */
export interface FindingOptions {
  /** The usual times. Without them nothing is `slower-than-usual` or `waiting`. */
  readonly history?: History | undefined;
}

const READERS = { history: checked('what historyOf() gives', isHistory) } satisfies Readers<FindingOptions>;

/**
 * The findings in some traces, each with its evidence, the greatest saving first (docs/analysis.md has
 * every kind's rule). Pure; the order of the traces makes no difference.
 *
 *     for (const { kind, savingMs, message } of findingsIn(buildTraces(spans))) print(kind, savingMs, message);
 */
export function findingsIn(trees: readonly TraceTree[], options: FindingOptions = {}): Finding[] {
  const { findings, failed } = search(trees.map(analyse), readOptions('findingsIn', options, READERS));
  return rankFindings(findings, failed);
}

/**
 * The same, one finding a cause over all traces: what 60 requests show is one line, ranked by what it costs them
 * together, in how many it was found, and in which share of the requests that begin as they do.
 *
 *     for (const { kind, traces, totalSavingMs } of causesIn(buildTraces(spans))) print(kind, traces, totalSavingMs);
 */
export function causesIn(trees: readonly TraceTree[], options: FindingOptions = {}): Cause[] {
  const traces = trees.map(analyse);
  const { findings, failed } = search(traces, options);
  const entries = new Map(traces.map((trace) => [trace.tree.traceId, entryKey(trace)]));
  const requests = new Map<string, number>();
  for (const entry of entries.values()) requests.set(entry, (requests.get(entry) ?? 0) + 1);
  return rankCauses(findings, failed, (traceIds) => {
    const touched = new Set([...traceIds].map((traceId) => entries.get(traceId) ?? ''));
    const all = [...touched].reduce((sum, entry) => sum + (requests.get(entry) ?? 0), 0);
    return all > 0 ? Math.round((traceIds.size / all) * 1000) / 1000 : 0;
  });
}

/** The operation that a request begins with. */
function entryKey({ path: { entry } }: AnalysedTrace): string {
  return entry ? JSON.stringify([serviceName(entry.span), entry.span.kind, operationOf(entry)]) : '';
}

function search(
  traces: readonly AnalysedTrace[],
  { history }: FindingOptions,
): { findings: Finding[]; failed: Set<string> } {
  const found = traces.flatMap((trace) => [
    ...FINDERS.flatMap((find) => find(trace)),
    ...(history ? [...findWaiting(trace, history), ...findSlowerThanUsual(trace, history)] : []),
  ]);
  const failed = new Set(traces.filter((trace) => trace.failed).map(({ tree }) => tree.traceId));
  return { findings: [...found, ...findNotPropagated(traces)], failed };
}
