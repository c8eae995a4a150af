import { parseArgs } from 'node:util';
import { nearestName } from '../src/core/options/errors.ts';
import { sanitize } from '../src/terminal/text.ts';
import { UsageError } from './exit-code.ts';
import type { OptionSpec, OptionSpecs } from './option-specs.ts';

/** The options and arguments of one call of a command. */
export class CommandArguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }

  /** True for a switch that is on. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of an option that is given once. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** All values of an option that may be repeated. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A whole number from `least` on. */
  number(name: string, least = 1): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least) return value;
    throw new UsageError(`--${name} must be a whole number from ${least} on, got ${quote(text)}`);
  }
}

/** A word of the command line in a message. */
export function quote(text: string): string {
  return `"${sanitize(text.length > 80 ? `${text.slice(0, 80)}…` : text)}"`;
}

/**
 * Reads what stands behind the name of a command.
 *
 * @throws UsageError for what it does not know, with the nearest name that it does
 */
export function parseGiven(command: string, args: readonly string[], specs: OptionSpecs): CommandArguments {
  const options = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, typeOf(spec)]));
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) throw unknownOption(command, token.rawName, Object.keys(specs));
    const value = givenValue(token.name, spec, token.value, token.inlineValue);
    const before = values.get(token.name) ?? [];
    if (before.length > 0 && spec.value !== undefined && spec.multiple !== true) {
      throw new UsageError(`--${token.name} is given twice: ${quote(before[0] ?? '')} and ${quote(value)}`);
    }
    values.set(token.name, [...before, value]);
  }
  return new CommandArguments(positionals, values);
}

function typeOf({ value, short }: OptionSpec): { type: 'string' | 'boolean'; short?: string } {
  const type = value === undefined ? 'boolean' : 'string';
  return short === undefined ? { type } : { type, short };
}

function givenValue(name: string, spec: OptionSpec, value: string | undefined, isInline: boolean | undefined): string {
  if (spec.value === undefined) {
    if (value !== undefined) throw new UsageError(`--${name} is a switch and takes no value, got ${quote(value)}`);
    return '';
  }
  if (value === undefined || (value === '' && spec.value !== 'name')) {
    throw new UsageError(`--${name} needs a value: --${name} <${spec.value}>`);
  }
  // "-" alone is what comes through a pipe.
  if (value.startsWith('-') && value !== '-' && isInline !== true) {
    throw new UsageError(
      `--${name} needs a value, got ${quote(value)}; if that is the value, write --${name}=${value}`,
    );
  }
  return value;
}

function unknownOption(command: string, rawName: string, known: readonly string[]): UsageError {
  const near = nearestName(rawName.replace(/^-+/, ''), known);
  const hint = near === undefined ? `throughline ${command} --help lists them` : `did you mean --${near}?`;
  return new UsageError(`${command} has no option ${quote(rawName)}; ${hint}`);
}
