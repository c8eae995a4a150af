import type { SpanRecord } from '../core/record.ts';

/** The spans that were found in a request, and what was wrong with the others. */
export interface DecodedTraceRequest {
  readonly records: SpanRecord[];
  /** Spans that could not be read: no valid id, time or name. */
  readonly rejected: number;
  /** Why, for the first of them; or what is wrong with the whole request. */
  readonly message?: string | undefined;
  /** True when the whole is no such request: a receiver answers 400. */
  readonly malformed: boolean;
}

export function malformedRequest(message: string): DecodedTraceRequest {
  return { records: [], rejected: 0, message, malformed: true };
}

/** Counts the spans that a decoder cannot read, and keeps the first reason. */
export class Rejections {
  #count: number;
  #first: string | undefined;

  constructor() {
    this.#count = 0;
    this.#first = undefined;
  }

  /** Returns nothing, so that a decoder can say `return rejections.add('no id')` where it would return a span. */
  add(reason: string): undefined {
    this.#count++;
    this.#first ??= reason;
  }

  /** The answer for what could be read beside them. */
  with(records: SpanRecord[]): DecodedTraceRequest {
    const answer = { records, rejected: this.#count, malformed: false };
    return this.#first === undefined ? answer : { ...answer, message: `${this.#count} rejected: ${this.#first}` };
  }
}
