import { noteFault, sayOnce } from '../diagnostics.ts';
import { attributeValue, setOwn } from '../limits.ts';
import type { Attributes, AttributeValue, RecordedLink, SpanEvent, SpanRecord, SpanStatus } from '../record.ts';
import { REDACTED, type RedactAttribute } from '../redaction.ts';
import type { SpanCounts, SpanSink, Stats } from './pipeline.ts';

/** Lets the app look at everything that a span recorded, before anything of it waits or leaves. */
export class RedactingSink implements SpanSink {
  readonly #sink: SpanSink;
  readonly #redact: RedactAttribute;
  readonly #valueLength: number;

  /** `valueLength` bounds what `redact` answers, as it bounds what an app sets. */
  constructor(sink: SpanSink, redact: RedactAttribute, valueLength: number) {
    this.#sink = sink;
    this.#redact = redact;
    this.#valueLength = valueLength;
  }

  accept(record: SpanRecord): void {
    this.#sink.accept({
      ...record,
      attributes: this.#attributes(record.attributes),
      events: record.events.map((event) => this.#event(event)),
      links: record.links.map((link) => this.#link(link)),
      status: this.#status(record.status),
    });
  }

  flush(timeoutMs: number, patient?: boolean): Promise<void> {
    return this.#sink.flush(timeoutMs, patient);
  }

  shutdown(timeoutMs: number): Promise<void> {
    return this.#sink.shutdown(timeoutMs);
  }

  stats(counts: SpanCounts): Stats {
    return this.#sink.stats(counts);
  }

  #attributes(attributes: Attributes): Attributes {
    const kept: Attributes = {};
    for (const [key, value] of Object.entries(attributes)) {
      const answer = value === undefined ? undefined : this.#ask(key, value);
      if (answer !== undefined) setOwn(kept, key, answer);
    }
    return kept;
  }

  /** The name too: `span.log(text)` makes it of a text of the app's. */
  #event({ name, timeMs, attributes }: SpanEvent): SpanEvent {
    const answer = this.#ask('event.name', name);
    return {
      name: typeof answer === 'string' ? answer : REDACTED,
      timeMs,
      attributes: this.#attributes(attributes),
    };
  }

  #link({ context, attributes }: RecordedLink): RecordedLink {
    return { context, attributes: this.#attributes(attributes) };
  }

  #status(status: SpanStatus): SpanStatus {
    if (status.message === undefined) return status;
    const answer = this.#ask('status.message', status.message);
    return typeof answer === 'string' ? { code: status.code, message: answer } : { code: status.code };
  }

  /** A redactor that fails must not let through what it was there to keep. */
  #ask(key: string, value: AttributeValue): AttributeValue | undefined {
    try {
      return attributeValue(this.#redact(key, value), this.#valueLength);
    } catch (error) {
      noteFault('redact.attributes', error);
      sayOnce('redact.attributes threw: what it was asked about is left out');
      return undefined;
    }
  }
}
