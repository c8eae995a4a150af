import { carrierGetter, carrierSetter, newFieldSetter } from '../../propagation/carriers.ts';
import type { Setter } from '../../propagation/context.ts';
import { isSameField } from '../../propagation/field-text.ts';
import type { HeaderTarget } from './header-target.ts';

/** A header as it stood before the edit: its name as it was spelled, and its value. */
type Entry = readonly [key: string, value: unknown];

/**
 * Our headers in an object of headers that belongs to the client: written for one attempt, and taken
 * back after it, so that they neither show up in what the app gets to see nor go along when it sends
 * the same configuration somewhere else.
 */
export class HeaderEdit implements HeaderTarget {
  readonly #headers: Record<string, unknown>;
  readonly #setter: Setter<unknown>;
  /** The entries that were there, by field. */
  readonly #before: Map<string, readonly Entry[]>;
  /** The names that are not all in lower case: a field stands under one of these, or under its own. */
  #spelled: readonly string[] | undefined;

  constructor(headers: object) {
    this.#headers = headers as Record<string, unknown>;
    this.#setter = carrierSetter(headers);
    this.#before = new Map();
    this.#spelled = undefined;
  }

  /** Names of the fields that were touched. */
  get fields(): Iterable<string> {
    return this.#before.keys();
  }

  get(field: string): string | undefined {
    return carrierGetter(this.#headers).get(this.#headers, field);
  }

  set(field: string, value: string): void {
    // Where the field is not there yet, axios's headers too have nothing to say: their `set` looks at all of them.
    const isNew = this.#remember(field).length === 0 && !(field in this.#headers);
    (isNew ? newFieldSetter : this.#setter).set(this.#headers, field, value);
  }

  remove(field: string): void {
    for (const [key] of this.#remember(field)) delete this.#headers[key];
  }

  /** Puts back what stood there before in `headers` that a client copied from these. */
  takeBackFrom(headers: Record<string, unknown>): void {
    for (const [field, before] of this.#before) {
      for (const key of Object.keys(headers)) if (isSameField(key, field)) delete headers[key];
      for (const [key, value] of before) headers[key] = value;
    }
  }

  /** Puts back the headers as they were. */
  undo(): void {
    this.#spelled = undefined; // the client may have written too
    for (const [field, before] of this.#before) {
      for (const [key] of this.#entries(field)) {
        if (!before.some(([kept]) => kept === key)) delete this.#headers[key];
      }
      for (const [key, value] of before) this.#headers[key] = value;
    }
  }

  #remember(field: string): readonly Entry[] {
    const entries = this.#entries(field);
    if (!this.#before.has(field)) this.#before.set(field, entries);
    return entries;
  }

  #entries(field: string): Entry[] {
    this.#spelled ??= Object.keys(this.#headers).filter((key) => key !== key.toLowerCase());
    const keys = [field, ...this.#spelled.filter((key) => isSameField(key, field))];
    return keys.filter((key) => Object.hasOwn(this.#headers, key)).map((key) => [key, this.#headers[key]]);
  }
}
