import type { HeaderTarget } from './header-target.ts';

/**
 * Headers that remember what was written into them and what stood there before: a client copies them into its
 * own requests, of which each is to have its own context, beside what the app itself had set.
 */
export class WrittenHeaders implements HeaderTarget {
  readonly #target: HeaderTarget;
  readonly #written: Map<string, string>;
  /** The app's own value of each field that was touched. */
  readonly #before: Map<string, string | undefined>;

  constructor(target: HeaderTarget) {
    this.#target = target;
    this.#written = new Map();
    this.#before = new Map();
  }

  get(field: string): string | undefined {
    return this.#target.get(field);
  }

  set(field: string, value: string): void {
    this.#remember(field);
    this.#target.set(field, value);
    this.#written.set(field, value);
  }

  remove(field: string): void {
    this.#remember(field);
    this.#target.remove(field);
    this.#written.delete(field);
  }

  #remember(field: string): void {
    if (!this.#before.has(field)) this.#before.set(field, this.#target.get(field));
  }

  get isEmpty(): boolean {
    return this.#written.size === 0;
  }

  wrote(field: string): boolean {
    return this.#written.has(field);
  }

  /** True when `headers` have all that was written here, and that is something: they were copied from these. */
  areIn(headers: HeaderTarget): boolean {
    for (const [field, value] of this.#written) {
      if (headers.get(field) !== value) return false;
    }
    return !this.isEmpty;
  }

  /** Puts back what stood there before, in `headers` that were copied from these. */
  takeBackFrom(headers: HeaderTarget): void {
    for (const [field, value] of this.#before) {
      if (value === undefined) headers.remove(field);
      else headers.set(field, value);
    }
  }
}
