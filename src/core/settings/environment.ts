import { hintAt, tail } from '../options/errors.ts';

/** The variables that the process was started with: `process.env`, or a test's own. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads `OTEL_*` variables. A wrong value never stops a service: it is warned about once and ignored.
 * An empty value counts as unset (OpenTelemetry, Environment Variable Specification).
 */
export class Environment {
  readonly #variables: Variables;
  readonly #warn: (message: string) => void;

  constructor(variables: Variables, warn: (message: string) => void) {
    this.#variables = variables;
    this.#warn = warn;
  }

  text(name: string): string | undefined {
    const value = this.#variables[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** Only `true`, in any case, is true. */
  flag(name: string): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value !== undefined && value !== 'true' && value !== 'false') this.ignored(name, 'true or false');
    return value === 'true';
  }

  /** A number from `min` to `max`. */
  number(name: string, min: number, max: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (number >= min && number <= max) return number;
    this.ignored(name, `a number from ${min} to ${max}`);
    return undefined;
  }

  /** A whole number of at least `min` and at most `max`. */
  whole(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
    this.ignored(name, `a whole number, ${max < Number.MAX_SAFE_INTEGER ? `${min} to ${max}` : `${min} or more`}`);
    return undefined;
  }

  /** One of `names`. `refused` says why not, for names that others know. */
  choice<Name extends string>(
    name: string,
    names: readonly Name[],
    refused: Readonly<Record<string, string>> = {},
  ): Name | undefined {
    const value = this.text(name);
    const wanted = value?.toLowerCase() ?? '';
    const known = names.find((candidate) => candidate === wanted);
    if (Object.hasOwn(refused, wanted)) this.#warn(`${name}: "${wanted}" is ignored: ${refused[wanted]}`);
    else if (value !== undefined && known === undefined) this.#unknown(name, value, names);
    return known;
  }

  /**
   * A comma-separated list out of `names`; unknown ones are left out. `refused` says why not, for names that others
   * know; `meant` what is probably meant by one that is near to none.
   */
  list<Name extends string>(
    name: string,
    names: readonly Name[],
    refused: Readonly<Record<string, string>> = {},
    meant: Readonly<Record<string, Name>> = {},
  ): Name[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const kept: Name[] = [];
    for (const item of value.split(',', 64)) {
      const wanted = item.trim().toLowerCase();
      const known = names.find((candidate) => candidate === wanted);
      if (Object.hasOwn(refused, wanted)) this.#warn(`${name}: "${wanted}" is ignored: ${refused[wanted]}`);
      else if (known === undefined)
        this.#unknown(name, item.trim(), names, Object.hasOwn(meant, wanted) ? meant[wanted] : undefined);
      else if (!kept.includes(known)) kept.push(known);
    }
    return kept.length === 0 ? undefined : kept;
  }

  /** `key=value,key=value`, both percent-decoded, as `OTEL_RESOURCE_ATTRIBUTES` and the header lists have it. */
  pairs(name: string): Record<string, string> {
    const pairs: [string, string][] = [];
    for (const item of this.text(name)?.split(',', 1024) ?? []) {
      if (item.trim() === '') continue;
      const at = item.indexOf('=');
      const key = decoded(item.slice(0, at));
      const value = decoded(item.slice(at + 1));
      if (at < 1 || key === undefined || key === '' || value === undefined)
        this.ignored(name, 'a list of key=value', 'one entry');
      else pairs.push([key, value]);
    }
    return Object.fromEntries(pairs);
  }

  /** Says that a variable, or a part of it, is ignored. The value is not shown: it may be a secret. `hint` is what it may mean. */
  ignored(name: string, expected: string, what = 'its value', hint = ''): void {
    this.#warn(`${name} must be ${expected}; ${what} is ignored${tail(hint)}`);
  }

  #unknown(name: string, value: string, names: readonly string[], meant?: string): void {
    const hint = meant === undefined ? hintAt(value, names) : `did you mean "${meant}"?`;
    this.#warn(`${name}: "${value.slice(0, 60)}" is not known here and is ignored; ${hint}`);
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}
