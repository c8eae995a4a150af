import type { SpanRecord } from '../core/record.ts';
import type { Config } from '../core/settings/config.ts';
import type { Span } from '../core/span.ts';
import { Tracer } from '../core/spans/tracer.ts';
import { clearTimeout, setTimeout } from '../core/timers.ts';

const keepers = new WeakMap<Tracer, KeptSpans>();

/** The spans of a tracer that keeps them. */
export function keptSpansOf(tracer: Tracer | undefined): KeptSpans | undefined {
  return tracer && keepers.get(tracer);
}

/** A tracer whose finished spans stay where they can be read at once: no queue, no batch, no delay. */
export class KeptSpans {
  readonly tracer: Tracer;
  /** Finished spans, in the order they ended. */
  readonly spans: readonly SpanRecord[];

  constructor(config: Config) {
    const spans: SpanRecord[] = [];
    this.tracer = new Tracer(config, { sink: { accept: (record) => spans.push(record) } });
    this.spans = spans;
    keepers.set(this.tracer, this);
  }

  /** Spans started and not ended yet, oldest first. */
  openSpans(): Span[] {
    return this.tracer.ledger.openSpans();
  }

  /** Resolves as soon as no span that `counts` is open, or after `timeoutMs`, with those that are open then. */
  settle(counts: (span: Span) => boolean, timeoutMs: number): Promise<Span[]> {
    return new Promise((resolve) => {
      const openSpans = (): Span[] => this.openSpans().filter(counts);
      const done = (): void => {
        clearTimeout(timer);
        stopListening();
        resolve(openSpans());
      };
      const check = (): void => {
        if (openSpans().length === 0) done();
      };
      const timer = setTimeout(done, timeoutMs);
      const stopListening = this.tracer.ledger.onEnded(check);
      check();
    });
  }
}
