import { type AnalysedTrace, analyse } from '../analysed-trace.ts';
import type { Finding } from '../finding.ts';
import type { History } from '../history.ts';
import type { TraceTree } from '../types.ts';
import { findClockSkew } from './clock-skew.ts';
import { findErrorRootCauses } from './error-root-cause.ts';
import { findLayeredRetries } from './layered-retries.ts';
import { findNPlusOne } from './n-plus-one.ts';
import { findNotPropagated } from './not-propagated.ts';
import { findOrphans } from './orphaned.ts';
import { rankFindings } from './rank.ts';
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

/**
 * The findings in some traces, each with its evidence, the greatest saving first (docs/analysis.md has
 * every kind's rule). Pure; the order of the traces makes no difference.
 *
 *     for (const { kind, savingMs, message } of findingsIn(buildTraces(spans))) print(kind, savingMs, message);
 */
export function findingsIn(trees: readonly TraceTree[], options: FindingOptions = {}): Finding[] {
  const traces = trees.map(analyse);
  const { history } = options;
  const found = traces.flatMap((trace) => [
    ...FINDERS.flatMap((find) => find(trace)),
    ...(history ? [...findWaiting(trace, history), ...findSlowerThanUsual(trace, history)] : []),
  ]);
  const failed = new Set(traces.filter((trace) => trace.failed).map(({ tree }) => tree.traceId));
  return rankFindings([...found, ...findNotPropagated(traces)], failed);
}
