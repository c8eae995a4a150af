import { carrierGetter, carrierSetter, newFieldSetter } from '../../propagation/carriers.ts';
import { fieldText, isSameField, joinFields } from '../../propagation/field-text.ts';

/** The headers of one outbound request, wherever its client keeps them. Fields are named in lower case. */
export interface HeaderTarget {
  /** The value of a field, in whatever case it stands there; of one that is repeated, all joined by `,`. */
  get(field: string): string | undefined;
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

  get(field: string): string | undefined {
    const list = this.#list;
    let text: string | undefined;
    for (let at = 0; at + 1 < list.length; at += 2) {
      if (isSameField(list[at], field)) text = joinFields(text, fieldText(list[at + 1]));
    }
    return text;
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
}

/** Headers as a list of pairs, `[['Host', 'shop'], ['Accept', '*']]`. */
export class PairedHeaders implements HeaderTarget {
  readonly #pairs: unknown[];

  constructor(pairs: unknown[]) {
    this.#pairs = pairs;
  }

  get(field: string): string | undefined {
    return carrierGetter(this.#pairs).get(this.#pairs, field);
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

/** Headers as the own properties of an object that nobody else changes, names in any case. */
export class RecordHeaders implements HeaderTarget {
  readonly #record: Record<string, unknown>;
  /** The names that stand there: nearly always none of them is asked for. */
  #names: string[];

  constructor(record: object) {
    this.#record = record as Record<string, unknown>;
    this.#names = Object.keys(record);
  }

  get(field: string): string | undefined {
    return this.#has(field) ? carrierGetter(this.#record).get(this.#record, field) : undefined;
  }

  set(field: string, value: string): void {
    this.remove(field);
    const setter = field in this.#record ? carrierSetter(this.#record) : newFieldSetter; // inherited, where somebody polluted it
    setter.set(this.#record, field, value);
    this.#names.push(field);
  }

  remove(field: string): void {
    if (!this.#has(field)) return;
    for (const name of this.#names) if (isSameField(name, field)) delete this.#record[name];
    this.#names = Object.keys(this.#record);
  }

  #has(field: string): boolean {
    for (const name of this.#names) if (isSameField(name, field)) return true;
    return false;
  }
}

/** `Headers` of the Fetch standard. */
export class FetchHeaders implements HeaderTarget {
  readonly #headers: Headers;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  get(field: string): string | undefined {
    return this.#headers.get(field) ?? undefined;
  }

  set(field: string, value: string): void {
    this.#headers.set(field, value);
  }

  remove(field: string): void {
    this.#headers.delete(field);
  }
}
