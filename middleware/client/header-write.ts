import type { Setter } from '../../propagation/context.ts';
import { isSameField } from '../../propagation/field-text.ts';
import type { ClientCall } from './client-handler.ts';

/** The headers of one outbound request, wherever its client keeps them. */
export interface HeaderTarget {
  /** Writes a field, instead of any of that name in whatever case. */
  set(field: string, value: string): void;
  /** Removes a field, in whatever case. */
  remove(field: string): void;
}

/** Fields of the app's own that must not stand beside one that we wrote: they would now speak of our context. */
const COMPANIONS: readonly (readonly [field: string, companions: readonly string[]])[] = [
  // W3C Trace Context 3.3.1.1: a tracestate belongs to its traceparent.
  ['traceparent', ['tracestate']],
  // B3: a single header would win over ours, a parent is never sent, and debug excludes a decision.
  ['x-b3-traceid', ['b3', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags']],
  // Datadog: tags may hold half of another trace's id.
  ['x-datadog-trace-id', ['x-datadog-origin', 'x-datadog-tags']],
];

/**
 * Writes the context of `call`, instead of what the app may have put there itself. What is no valid
 * header is left out: the client would refuse the app's whole request for it.
 *
 * @returns the names of the fields that were written, in lower case
 */
export function writeContext(call: ClientCall, target: HeaderTarget): ReadonlySet<string> {
  const written = new Set<string>();
  call.inject({ target, written }, CHECKED_SETTER);
  for (const [field, companions] of COMPANIONS) {
    if (!written.has(field)) continue;
    for (const companion of companions) if (!written.has(companion)) target.remove(companion);
  }
  return written;
}

interface Writing {
  readonly target: HeaderTarget;
  readonly written: Set<string>;
}

const CHECKED_SETTER: Setter<Writing> = {
  set({ target, written }, name, value) {
    if (!isHeader(name, value)) return;
    target.set(name, value);
    written.add(name.toLowerCase()); // a propagator of the app's may spell it as it likes
  },
};

// RFC 9110 5.1 and 5.5, without the bytes above ASCII: our own formats write nothing else, a propagator of the app's may.
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

function isHeader(field: unknown, value: unknown): boolean {
  return typeof field === 'string' && typeof value === 'string' && FIELD_NAME.test(field) && FIELD_VALUE.test(value);
}

/** Headers as a flat list, `['Host', 'shop', 'Accept', '*']`: undici keeps them so, node:http takes them so. */
export class FlatHeaders implements HeaderTarget {
  readonly #list: unknown[];

  constructor(list: unknown[]) {
    this.#list = list;
  }

  set(field: string, value: string): void {
    this.remove(field);
    this.#list.push(field, value);
  }

  remove(field: string): void {
    const list = this.#list;
    const name = field.toLowerCase();
    for (let at = list.length - 2; at >= 0; at -= 2) {
      if (isSameField(list[at], name)) list.splice(at, 2);
    }
  }

  /** The value of a field, named in lower case; the first, where it stands there more than once. */
  get(field: string): unknown {
    const list = this.#list;
    for (let at = 0; at + 1 < list.length; at += 2) {
      if (isSameField(list[at], field)) return list[at + 1];
    }
    return undefined;
  }
}

/** Headers as a list of pairs, `[['Host', 'shop'], ['Accept', '*']]`. */
export class PairedHeaders implements HeaderTarget {
  readonly #pairs: [unknown, unknown][];

  constructor(pairs: [unknown, unknown][]) {
    this.#pairs = pairs;
  }

  set(field: string, value: string): void {
    this.remove(field);
    this.#pairs.push([field, value]);
  }

  remove(field: string): void {
    const pairs = this.#pairs;
    const name = field.toLowerCase();
    for (let at = pairs.length - 1; at >= 0; at--) {
      if (isSameField(pairs[at]?.[0], name)) pairs.splice(at, 1);
    }
  }
}
