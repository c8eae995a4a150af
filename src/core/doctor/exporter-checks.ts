import type { ExportProbe } from '../pipeline/exporter.ts';
import { hintFor } from '../pipeline/failure-hint.ts';
import type { SenderState } from '../pipeline/sender.ts';
import type { ExporterStats } from '../pipeline/stats.ts';
import { type DoctorCheck, errorCheck, okCheck, warningCheck } from './report.ts';

/** A clock that is off by less reads as agreement: HTTP's `Date` is in whole seconds, and the answer took its time. */
const CLOCK_TOLERANCE_MS = 2000;

/** Everything that can be told of one exporter. `nowMs` is wall time when its answer had come. */
export function checkExporter(state: SenderState, nowMs: number): DoctorCheck[] {
  const checks = [endpointCheck(state), spansCheck(state.stats)];
  const clock = clockCheck(state.probe, nowMs);
  if (clock !== undefined) checks.push(clock);
  const spool = spoolCheck(state);
  if (spool !== undefined) checks.push(spool);
  return checks;
}

function endpointCheck({ stats, probe }: SenderState): DoctorCheck {
  const name = 'endpoint';
  const target = stats.destination ?? stats.name;
  if (probe === undefined) return okCheck(name, `spans go to ${target}, which cannot be asked without sending some`);
  const { result } = probe;
  switch (result.outcome) {
    case 'accepted':
      if (result.message !== undefined) return warningCheck(name, `${target} answers, but: ${result.message}`);
      return okCheck(name, `${target} takes spans`);
    case 'retry':
      return errorCheck(name, `${target} cannot be reached: ${result.reason}${hintFor(result.reason)}`);
    default:
      return errorCheck(name, `${target} refuses spans: ${result.reason}${hintFor(result.reason)}`);
  }
}

function spansCheck({ ended, exported, queued, spooled, dropped, lastError }: ExporterStats): DoctorCheck {
  const name = 'spans';
  const lost = Object.entries(dropped).filter(([, count]) => count > 0);
  const books = `${ended} ended, ${exported} exported, ${queued} waiting, ${spooled} on disk`;
  if (lost.length === 0) return okCheck(name, `${books}, none lost`);
  const reasons = lost.map(([reason, count]) => `${count} by ${reason}`).join(', ');
  return errorCheck(name, `${books}; lost: ${reasons}${lastError === undefined ? '' : ` (${lastError})`}`);
}

function clockCheck(probe: ExportProbe | undefined, nowMs: number): DoctorCheck | undefined {
  if (probe?.serverTimeMs === undefined) return undefined;
  const aheadMs = nowMs - probe.serverTimeMs;
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return okCheck('clock', "agrees with the collector's to two seconds");
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  return warningCheck(
    'clock',
    `is ${seconds} s ${direction} the collector's: spans of different machines will not line up`,
  );
}

function spoolCheck({ spool }: SenderState): DoctorCheck | undefined {
  if (spool === undefined) return undefined;
  const { mode, directory, spans, bytes, maxBytes, problem, isUsed } = spool;
  if (problem !== undefined) return errorCheck('spool', `${directory} cannot be written to: ${problem}`);
  if (!isUsed) return okCheck('spool', 'not used before a collector has taken spans, or its address was configured');
  const full = `${spans} spans, ${mebibytes(bytes)} of ${mebibytes(maxBytes)} MiB`;
  return okCheck('spool', `"${mode}" in ${directory}: ${spans === 0 ? 'empty' : full}`);
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
