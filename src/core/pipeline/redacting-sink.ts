import { setOwn } from '../../leaves/own-slot.ts';
import { noteFault, sayOnce } from '../diagnostics.ts';
import { attributeValue } from '../limits.ts';
import type { Attributes, AttributeValue, RecordedLink, SpanEvent, SpanRecord, SpanStatus } from '../record.ts';
import { REDACTED, type RedactAttribute } from '../redaction.ts';
import type { SpanSink } from './stats.ts';

/**
 * Lets the app look at everything that a span recorded, before anything of it waits or leaves.
 * `valueLength` bounds what `redact` answers, as it bounds what an app sets.
 */
export function redactingSink(sink: SpanSink, redact: RedactAttribute, valueLength: number): SpanSink {
  const redactor = new Redactor(redact, valueLength);
  return { accept: (record) => sink.accept(redactor.redacted(record)) };
}

class Redactor {
  readonly #redact: RedactAttribute;
  readonly #valueLength: number;

  constructor(redact: RedactAttribute, valueLength: number) {
    this.#redact = redact;
    this.#valueLength = valueLength;
  }

  redacted(record: SpanRecord): SpanRecord {
    return {
      ...record,
      attributes: this.#attributes(record.attributes),
      events: record.events.map((event) => this.#event(event)),
      links: record.links.map((link) => this.#link(link)),
      status: this.#status(record.status),
    };
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
  #event(event: SpanEvent): SpanEvent {
    const answer = this.#ask('event.name', event.name);
    return {
      ...event,
      name: typeof answer === 'string' ? answer : REDACTED,
      attributes: this.#attributes(event.attributes),
    };
  }

  #link(link: RecordedLink): RecordedLink {
    return { ...link, attributes: this.#attributes(link.attributes) };
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
