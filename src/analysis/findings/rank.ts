import { compareText } from '../../leaves/compare.ts';
import { groupBy } from '../../leaves/grouping.ts';
import { type Cause, FINDING_KINDS, type Finding } from '../finding.ts';

/** A finding and the time that it stands for among others. */
interface Ranked<Found extends Finding> {
  readonly finding: Found;
  readonly rank: number;
  /** It saves nothing, and stands among those that do since its trace failed. */
  readonly isPromoted: boolean;
}

/**
 * The greatest saving first; at equal saving by kind (the order of `FINDING_KINDS`), then by trace and
 * span, so that the order is always the same. Errors and broken traces save nothing and come last, except
 * in a trace that failed: there they stand before what would merely have made it fail faster.
 */
export function rankFindings(findings: readonly Finding[], failedTraces: ReadonlySet<string>): Finding[] {
  return inOrder(ranksOf(findings, failedTraces)).map(({ finding }) => finding);
}

/**
 * Findings of the same cause as one, the costliest of them as its evidence; ranked as they are, by what all of them
 * save together. `shareOf`: of which requests some traces are a part.
 */
export function rankCauses(
  findings: readonly Finding[],
  failedTraces: ReadonlySet<string>,
  shareOf: (traceIds: ReadonlySet<string>) => number,
): Cause[] {
  const groups = groupBy(ranksOf(findings, failedTraces), ({ finding }) => causeOf(finding));
  const causes = [...groups.values()].map((group): Ranked<Cause> => {
    const [costliest] = inOrder(group);
    const traceIds = new Set(group.map(({ finding }) => finding.traceId));
    const totalSavingMs = group.reduce((sum, { finding }) => sum + finding.savingMs, 0);
    return {
      finding: {
        ...(costliest as Ranked<Finding>).finding,
        totalSavingMs: Math.round(totalSavingMs * 1000) / 1000,
        traces: traceIds.size,
        share: shareOf(traceIds),
      },
      rank: group.reduce((sum, { rank }) => sum + rank, 0),
      isPromoted: group.some(({ isPromoted }) => isPromoted),
    };
  });
  return inOrder(causes).map(({ finding }) => finding);
}

function causeOf({ kind, service, operation, target }: Finding): string {
  return JSON.stringify([kind, service, operation, target]);
}

function ranksOf(findings: readonly Finding[], failedTraces: ReadonlySet<string>): Ranked<Finding>[] {
  const greatest = new Map<string, number>();
  for (const { traceId, savingMs } of findings) {
    greatest.set(traceId, Math.max(greatest.get(traceId) ?? 0, savingMs));
  }
  return findings.map((finding) => {
    const isPromoted = finding.savingMs === 0 && failedTraces.has(finding.traceId);
    return { finding, rank: isPromoted ? (greatest.get(finding.traceId) ?? 0) : finding.savingMs, isPromoted };
  });
}

function inOrder<Found extends Finding>(ranked: readonly Ranked<Found>[]): Ranked<Found>[] {
  return [...ranked].sort(
    (a, b) =>
      b.rank - a.rank ||
      Number(b.isPromoted) - Number(a.isPromoted) ||
      FINDING_KINDS.indexOf(a.finding.kind) - FINDING_KINDS.indexOf(b.finding.kind) ||
      compareText(a.finding.traceId, b.finding.traceId) ||
      compareText(a.finding.spanIds[0] ?? '', b.finding.spanIds[0] ?? ''),
  );
}
