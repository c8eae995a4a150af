import type { SpanCounts, SpanSink, Stats } from '../core/pipeline/pipeline.ts';
import type { OpenRecord, SpanRecord } from '../core/record.ts';
import type { Config } from '../core/settings/config.ts';
import { tracerSettings } from '../core/settings/tracer-settings.ts';
import type { Span } from '../core/span.ts';
import type { RecordingSpan } from '../core/spans/recording-span.ts';
import { type Fate, Tracer } from '../core/spans/tracer.ts';

/** Taken before a test can fake them: waiting for spans must end under fake timers too. */
const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;

/** Keeps finished spans where they can be read at once: no queue, no batch, no delay. */
class KeptSpans implements SpanSink {
  readonly spans: SpanRecord[];

  constructor() {
    this.spans = [];
  }

  accept(record: SpanRecord): void {
    this.spans.push(record);
  }

  async flush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  stats({ started, ended, open, waiting, sampledOut, overLimit }: SpanCounts): Stats {
    const dropped = { queue: 0, export: 0, limit: overLimit, spool: 0, shutdown: 0 };
    const exported = this.spans.length;
    return {
      started,
      ended,
      open,
      queued: waiting,
      spooled: 0,
      sampledOut,
      exported,
      dropped,
      adopted: 0,
      exporters: [],
    };
  }
}

/** The tracer of one capture: its spans stay in memory, and whoever waits for them to end is told. */
export class CapturingTracer extends Tracer {
  readonly #kept: KeptSpans;
  readonly #waiters: Set<() => void>;

  constructor(config: Config) {
    const kept = new KeptSpans();
    super(tracerSettings(config, kept));
    this.#kept = kept;
    this.#waiters = new Set();
  }

  /** Finished spans, in the order they ended. */
  get spans(): readonly SpanRecord[] {
    return this.#kept.spans;
  }

  override spanEnded(span: RecordingSpan, record: OpenRecord | undefined, fate: Fate): void {
    super.spanEnded(span, record, fate);
    for (const check of [...this.#waiters]) check();
  }

  /** Resolves as soon as no span that `counts` is open, or after `timeoutMs`, with those that are open then. */
  settle(counts: (span: Span) => boolean, timeoutMs: number): Promise<Span[]> {
    return new Promise((resolve) => {
      const openSpans = (): Span[] => this.openSpans().filter(counts);
      const done = (): void => {
        realClearTimeout(timer);
        this.#waiters.delete(check);
        resolve(openSpans());
      };
      const check = (): void => {
        if (openSpans().length === 0) done();
      };
      const timer = realSetTimeout(done, timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }
}
