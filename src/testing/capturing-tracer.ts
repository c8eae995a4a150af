import type { OpenRecord, SpanRecord } from '../core/record.ts';
import type { Config } from '../core/settings/config.ts';
import { tracerSettings } from '../core/settings/tracer-settings.ts';
import type { Span } from '../core/span.ts';
import type { RecordingSpan } from '../core/spans/recording-span.ts';
import { type Fate, Tracer } from '../core/spans/tracer.ts';

/** Taken before a test can fake them: waiting for spans must end under fake timers too. */
const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;

/** The tracer of one capture: its spans stay in memory, and whoever waits for them to end is told. */
export class CapturingTracer extends Tracer {
  /** Finished spans, in the order they ended. */
  readonly spans: readonly SpanRecord[];
  readonly #waiters: Set<() => void>;

  constructor(config: Config) {
    const spans: SpanRecord[] = [];
    super(tracerSettings(config, { accept: (record) => spans.push(record) }));
    this.spans = spans;
    this.#waiters = new Set();
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
