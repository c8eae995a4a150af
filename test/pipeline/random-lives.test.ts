import '../support/faked-timers.ts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, mock } from 'node:test';
import fc from 'fast-check';
import type { Span } from 'throughline';
import type { Exporter } from 'throughline/exporters';
import { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { DEFAULT_TIMING, type PipelineTiming } from '../../src/core/pipeline/settings.ts';
import type { SpoolMode } from '../../src/core/pipeline/spool/spool.ts';
import { type SpoolKit, spoolKit } from '../../src/core/pipeline/spool/spool-kit.ts';
import { resolveConfig } from '../../src/core/settings/config.ts';
import { Tracer } from '../../src/core/spans/tracer.ts';
import { spoolCodec } from '../../src/exporters/spool-codec.ts';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { atLength } from '../support/full-length.ts';
import { type ScriptedExporter, scriptedExporter } from './scripted-exporter.ts';
import { temporaryFolder } from './spool-folder.ts';

/** As in production, but that any failure is an outage, and the folder is looked at often. */
const TIMING: PipelineTiming = { ...DEFAULT_TIMING, outageMs: 0, diskPauseMs: 1, heartbeatMs: 2 };

/** Room for a few spans a file, and some files. */
function spoolOf(directory: string, mode: SpoolMode): SpoolKit {
  const settings = { mode, directory, maxBytes: 4000, maxAgeMs: 86_400_000 };
  const where = { service: 'shop', exporter: 'scripted', destination: 'http://there/' };
  return spoolKit({ settings, ...where, codec: spoolCodec(), timing: TIMING, say: () => undefined });
}

/** One step of a random life of a tracer with two exporters. */
type Step =
  | { readonly kind: 'start' | 'end' | 'burst' | 'flush' | 'shutdown' }
  | { readonly kind: 'answer' | 'reject'; readonly exporter: number; readonly result: unknown }
  | { readonly kind: 'pass'; readonly ms: number };

const results = fc.oneof(
  fc.record({ outcome: fc.constant('accepted'), rejected: fc.option(fc.integer({ min: -1, max: 9 })) }),
  fc.record({ outcome: fc.constant('retry'), reason: fc.constant('down'), retryAfterMs: fc.nat(3000) }),
  fc.constant({ outcome: 'refused', reason: 'bad' }),
  fc.constant({ outcome: 'too-large', reason: '413' }),
  fc.anything(),
);
const exporterNumbers = fc.integer({ min: 0, max: 1 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>({ kind: 'start' }, { kind: 'end' }, { kind: 'burst' }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer'), exporter: exporterNumbers, result: results }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reject'), exporter: exporterNumbers, result: results }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(2000) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'flush' }, { kind: 'shutdown' }) },
);

class Life {
  readonly #exporters: readonly ScriptedExporter[] = [scriptedExporter(), scriptedExporter()];
  readonly #answered = new Set<unknown>();
  readonly #open: Span[] = [];
  readonly #tracer: Tracer;
  readonly #pipeline: Pipeline;

  constructor(kitFor: (exporter: Exporter) => SpoolKit | undefined) {
    const config = resolveConfig({ sample: 0.7, limits: { openSpans: 8, queueBytes: 8000 } }, {}, () => undefined);
    const settings = { maxBatch: 3, delayMs: 100, timeoutMs: 1500, queueSpans: 9, queueBytes: 8000 };
    const pipeline = new Pipeline(this.#exporters, settings, () => undefined, kitFor, TIMING);
    this.#tracer = new Tracer(config, { sink: pipeline, statsOf: (counts) => pipeline.stats(counts) });
    this.#pipeline = pipeline;
  }

  async take(step: Step): Promise<void> {
    this.#act(step);
    assertCounterLaw(this.#tracer.stats());
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    assertCounterLaw(this.#tracer.stats());
  }

  #act(step: Step): void {
    switch (step.kind) {
      case 'start':
        this.#open.push(this.#tracer.startSpan('span', { parent: this.#open.at(-1) ?? null }));
        return;
      case 'end':
        this.#open.shift()?.end();
        return;
      case 'burst':
        for (let i = 0; i < 7; i++) this.#tracer.startSpan('burst', { parent: null }).end();
        return;
      case 'flush':
        void this.#pipeline.flush(500);
        return;
      case 'shutdown':
        void this.#pipeline.shutdown(500);
        return;
      case 'pass':
        mock.timers.tick(step.ms);
        return;
      default:
        this.#answer(step.kind, step.exporter, step.result);
    }
  }

  #answer(kind: 'answer' | 'reject', exporter: number, result: unknown): void {
    const call = this.#exporters[exporter]?.calls.find((one) => !this.#answered.has(one));
    this.#answered.add(call);
    call?.[kind](result);
  }
}

describe('the counter law', () => {
  it('holds after every step of any life of a tracer', async () => {
    const lives = fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (life) => {
      const tracer = new Life(() => undefined);
      for (const step of life) await tracer.take(step);
    });
    await fc.assert(lives, { numRuns: atLength({ full: 300, suite: 100 }) });
  });

  it('holds with a spool beside one that has none, whichever mode, however full, and when its folder is deleted', async (t) => {
    const folder = temporaryFolder(t);
    const modes = fc.constantFrom<SpoolMode>('overflow', 'ahead');
    const life = fc.array(fc.oneof({ weight: 40, arbitrary: steps }, fc.constant('delete' as const)), {
      minLength: 20,
      maxLength: 80,
    });
    let lives = 0;
    const property = fc.asyncProperty(life, modes, async (actions, mode) => {
      const own = join(folder, String(++lives));
      const kits = [spoolOf(own, mode), undefined];
      const tracer = new Life(() => kits.shift());
      for (const action of actions) {
        if (action === 'delete') rmSync(own, { recursive: true, force: true });
        else await tracer.take(action);
      }
      await tracer.take({ kind: 'shutdown' });
      await tracer.take({ kind: 'pass', ms: 2000 }); // to its end
    });
    await fc.assert(property, { numRuns: atLength({ full: 40, suite: 15 }), seed: 6 });
  });
});
