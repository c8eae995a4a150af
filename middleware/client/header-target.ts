import { fieldText, isSameField } from '../../propagation/field-text.ts';

/** The headers of one outbound request, wherever its client keeps them. Fields are named in lower case. */
export interface HeaderTarget {
  /** The value of a field, in whatever case it stands there. */
  get?(field: string): string | undefined;
  /** Writes a field, instead of any of that name in whatever case. */
  set(field: string, value: string): void;
  /** Removes a field, in whatever case. */
  remove(field: string): void;
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
    for (let at = list.length - 2; at >= 0; at -= 2) {
      if (isSameField(list[at], field)) list.splice(at, 2);
    }
  }

  /** The value of a field; the first, where it stands there more than once. */
  get(field: string): string | undefined {
    const list = this.#list;
    for (let at = 0; at + 1 < list.length; at += 2) {
      if (isSameField(list[at], field)) return fieldText(list[at + 1]);
    }
    return undefined;
  }
}

/** Headers as a list of pairs, `[['Host', 'shop'], ['Accept', '*']]`. */
export class PairedHeaders implements HeaderTarget {
  readonly #pairs: unknown[];

  constructor(pairs: unknown[]) {
    this.#pairs = pairs;
  }

  set(field: string, value: string): void {
    this.remove(field);
    this.#pairs.push([field, value]);
  }

  remove(field: string): void {
    const pairs = this.#pairs;
    for (let at = pairs.length - 1; at >= 0; at--) {
      const pair = pairs[at];
      if (Array.isArray(pair) && isSameField(pair[0], field)) pairs.splice(at, 1);
    }
  }
}

/** Another target, and the names of the fields that were written to it. */
export class RememberedTarget implements HeaderTarget {
  readonly written: Set<string>;
  readonly #target: HeaderTarget;

  constructor(target: HeaderTarget) {
    this.written = new Set();
    this.#target = target;
  }

  set(field: string, value: string): void {
    this.#target.set(field, value);
    this.written.add(field);
  }

  remove(field: string): void {
    this.#target.remove(field);
    this.written.delete(field);
  }
}
