import type { Resource } from '../core/record.ts';

/**
 * Numbers resources from 1 in the order they are first asked for. Those with equal attributes are one: a
 * reader gives each batch of a process a resource object of its own.
 */
export class ResourceNumbers {
  readonly #byObject: Map<Resource, number>;
  readonly #byText: Map<string, number>;

  constructor() {
    this.#byObject = new Map();
    this.#byText = new Map();
  }

  /** The number, and whether it was given just now. */
  numberOf(resource: Resource): { number: number; isNew: boolean } {
    const known = this.#byObject.get(resource);
    if (known !== undefined) return { number: known, isNew: false };
    const text = JSON.stringify(resource.attributes);
    const equal = this.#byText.get(text);
    const number = equal ?? this.#byText.size + 1;
    this.#byText.set(text, number);
    this.#byObject.set(resource, number);
    return { number, isNew: equal === undefined };
  }
}
