import { compareText } from '../../leaves/compare.ts';
import { FINDING_KINDS, type Finding } from '../finding.ts';

/**
 * The greatest saving first; at equal saving by kind (the order of `FINDING_KINDS`), then by trace and
 * span, so that the order is always the same. Errors and broken traces save nothing and come last, except
 * in a trace that failed: there they stand before what would merely have made it fail faster.
 */
export function rankFindings(findings: readonly Finding[], failedTraces: ReadonlySet<string>): Finding[] {
  const greatest = new Map<string, number>();
  for (const { traceId, savingMs } of findings) {
    greatest.set(traceId, Math.max(greatest.get(traceId) ?? 0, savingMs));
  }
  const ranked = findings.map((finding) => {
    const isPromoted = finding.savingMs === 0 && failedTraces.has(finding.traceId);
    return { finding, rank: isPromoted ? (greatest.get(finding.traceId) ?? 0) : finding.savingMs, isPromoted };
  });
  ranked.sort(
    (a, b) =>
      b.rank - a.rank ||
      Number(b.isPromoted) - Number(a.isPromoted) ||
      FINDING_KINDS.indexOf(a.finding.kind) - FINDING_KINDS.indexOf(b.finding.kind) ||
      compareText(a.finding.traceId, b.finding.traceId) ||
      compareText(a.finding.spanIds[0] ?? '', b.finding.spanIds[0] ?? ''),
  );
  return ranked.map(({ finding }) => finding);
}
