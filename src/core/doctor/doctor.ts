import { performance } from 'node:perf_hooks';
import type { Propagator } from '../../../propagation/context.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { checkCopies } from './copies.ts';
import { checkExporter } from './exporter-checks.ts';
import { checkPropagation } from './propagation-check.ts';
import { type DoctorCheck, type DoctorReport, okCheck, warningCheck } from './report.ts';

/** The wall clock may have been set since the process started by as much without a word. */
const STEP_TOLERANCE_MS = 1000;

/** As much of a tracer as is looked at. */
interface Examined {
  readonly enabled: boolean;
  readonly propagator: Propagator;
  stats(): { readonly started: number; readonly rootsWhileServing: number };
}

/**
 * Looks at everything that tracing depends on: whether the collector takes spans and why not, whether a
 * context survives the way out and in, clocks, copies of the package, the spool, what was lost.
 * Resolves within `timeoutMs`; never rejects, changes nothing, and sends no span.
 */
export async function examine(tracer: Examined, pipeline: Pipeline, timeoutMs: number): Promise<DoctorReport> {
  const checks: DoctorCheck[] = [];
  if (!tracer.enabled) checks.push(warningCheck('tracing', 'is switched off: OTEL_SDK_DISABLED is true'));
  for (const state of await pipeline.examine(timeoutMs)) checks.push(...checkExporter(state, Date.now()));
  checks.push(checkPropagation(tracer.propagator), checkOwnClock(), checkCopies(), ...checkContext(tracer.stats()));
  return { ok: checks.every(({ state }) => state !== 'error'), checks };
}

/** Roots beside requests are background work, or what has lost its request: nothing tells the two apart. */
function checkContext({ rootsWhileServing: count }: { readonly rootsWhileServing: number }): DoctorCheck[] {
  if (count === 0) return [];
  const traces = count === 1 ? '1 trace' : `${count} traces`;
  return [
    warningCheck(
      'context',
      `${traces} began while requests were served: background work, or code that lost its request; NODE_ENV=development says where, bind() mends it`,
    ),
  ];
}

/** Wall time against the monotonic clock since the start of the process. */
function checkOwnClock(): DoctorCheck {
  const steppedMs = Date.now() - (performance.timeOrigin + performance.now());
  if (Math.abs(steppedMs) <= STEP_TOLERANCE_MS) return okCheck('clock', 'has not been set since the process started');
  return warningCheck(
    'clock',
    `was set by ${Math.round(steppedMs / 1000)} s since the process started; durations are not touched by it`,
  );
}
