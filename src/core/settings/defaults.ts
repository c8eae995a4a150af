import type { PropagatorName } from '../../../propagation/composite.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import type { BatchSettings } from '../pipeline/settings.ts';
import type { SpoolSettings } from '../pipeline/spool/spool.ts';

/** The options of `start()` where neither code nor environment says anything. */
export interface StartDefaults {
  readonly propagators: readonly PropagatorName[];
  readonly randomFlag: boolean;
  readonly metrics: boolean;
  readonly location: boolean;
  readonly instrument: { readonly fetch: boolean; readonly http: boolean };
  readonly exporters: readonly 'otlp'[];
  readonly spool: Omit<SpoolSettings, 'directory'>;
  readonly limits: Limits;
  /** No options: variables alone. */
  readonly batch: Pick<BatchSettings, 'maxBatch' | 'delayMs' | 'timeoutMs'>;
}

/** All of them at once; docs/api.md has them as a table, which a test holds to this. */
export const DEFAULTS: StartDefaults = {
  propagators: ['tracecontext', 'baggage'],
  randomFlag: false,
  metrics: true,
  location: false,
  instrument: { fetch: false, http: false },
  exporters: ['otlp'],
  spool: { mode: 'overflow', maxBytes: 64 * 1024 * 1024, maxAgeMs: 24 * 3_600_000 },
  limits: DEFAULT_LIMITS,
  /**
   * OpenTelemetry's default delay is 5 s; ours is 100 ms, so that a process that is killed loses little and a viewer
   * shows a request when it ends. Batches fill up under load all the same.
   */
  batch: { maxBatch: 512, delayMs: 100, timeoutMs: 10_000 },
};
