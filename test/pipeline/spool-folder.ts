import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Exporter, SpanRecord } from 'throughline/exporters';
import { estimateBytes } from '../../src/core/pipeline/record-size.ts';
import { Sender } from '../../src/core/pipeline/sender.ts';
import { type BatchSettings, DEFAULT_TIMING, type PipelineTiming } from '../../src/core/pipeline/settings.ts';
import type { SpoolMode } from '../../src/core/pipeline/spool/spool.ts';
import { type SpoolKit, spoolKit } from '../../src/core/pipeline/spool/spool-kit.ts';
import type { ExporterStats } from '../../src/core/pipeline/stats.ts';
import { spoolCodec } from '../../src/exporters/spool-codec.ts';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { bareRecord } from '../contract/suites/sample-record.ts';

/** Every file below `folder`, by its path from there. */
export function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // A file may be gone by the time it is looked at: its owner is at work.
  return entries.filter((path) => statSync(join(folder, path), { throwIfNoEntry: false })?.isFile()).sort();
}

export function bytesIn(folder: string): number {
  return filesIn(folder).reduce(
    (sum, path) => sum + (statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** A folder of this test's own, gone with it. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface SpoolOptions {
  readonly mode?: SpoolMode;
  readonly folder: string;
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
  readonly settings?: Partial<BatchSettings>;
  readonly timing?: Partial<PipelineTiming>;
}

/** A sender with a spool of its own in `folder`, and spans to push. */
export interface SpoolingSender {
  readonly sender: Sender;
  readonly kit: SpoolKit;
  readonly said: readonly string[];
  /** Ends spans named by number, from 1. */
  push(count: number): void;
  /** The figures, which hold the law whenever they are asked for. */
  stats(): ExporterStats;
  /** Resolves when `holds` does. */
  until(holds: (stats: ExporterStats) => boolean): Promise<void>;
}

const SETTINGS: BatchSettings = {
  maxBatch: 64,
  delayMs: 5,
  timeoutMs: 10_000,
  queueSpans: Number.POSITIVE_INFINITY,
  queueBytes: 1e6,
};

/** An outage lasts from its first failure on, and everything is tried again soon. */
const FAST: PipelineTiming = { ...DEFAULT_TIMING, firstRetryMs: 5, longestRetryMs: 10, outageMs: 0, diskPauseMs: 10 };

export function spoolingSender(exporter: Exporter, options: SpoolOptions): SpoolingSender {
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const timing = { ...FAST, ...options.timing };
  const kit = spoolKit({
    settings: {
      mode: options.mode ?? 'overflow',
      directory: options.folder,
      maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
      maxAgeMs: options.maxAgeMs ?? 86_400_000,
    },
    service: 'shop',
    exporter: exporter.name,
    destination: exporter.destination ?? 'http://there/',
    codec: spoolCodec(),
    timing,
    say,
  });
  const sender = new Sender(exporter, { ...SETTINGS, ...options.settings }, say, kit, timing);
  let pushed = 0;
  function stats(): ExporterStats {
    const figures = sender.stats();
    assertCounterLaw({ started: figures.ended, open: 0, ...figures });
    return figures;
  }
  return {
    sender,
    kit,
    said,
    stats,
    push(count) {
      for (let i = 0; i < count; i++) {
        const record: SpanRecord = bareRecord({ name: `${++pushed}` });
        sender.push(record, estimateBytes(record));
        if (i % 16 === 0) stats();
      }
    },
    async until(holds) {
      while (!holds(stats())) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
}

/** `'1'` to `'count'`. */
export function numbers(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, i) => `${from + i}`);
}
