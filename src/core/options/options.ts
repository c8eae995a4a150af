import { durationMs } from './duration.ts';
import { hintAt, nearestName, type OptionError, optionError, showValue, tagOf, tail, wrongArgument } from './errors.ts';

/** The place where a value was given. */
export interface Place {
  /** The function that the app called: `start`, `tracing.handler`. */
  readonly caller: string;
  /** The option, with the group it is in: `sample[0].rate`. */
  readonly name: string;
}

/**
 * Reads one option: gives it as the code behind works with it, or throws {@link wrongOption}. Not asked about an
 * option that is left out or undefined, unless it is {@link required}.
 */
export type Reader<Value> = (given: unknown, at: Place) => Value;

/** A reader that is asked about undefined too. */
export interface RequiredReader<Value> extends Reader<Value> {
  readonly isRequired: true;
}

/**
 * A reader for each option of an interface: with `satisfies` the compiler refuses an option that nobody reads.
 *
 *     const READERS = { path: required(filePath), maxFiles: wholeNumber(1) } satisfies Readers<FileOptions>;
 */
export type Readers<Options> = { readonly [Name in keyof Options]-?: Reader<unknown> };

type Table = Readonly<Record<string, Reader<unknown>>>;

/** The result of {@link readOptions}: each option as its reader read it. */
export type Read<Given extends Table> = {
  readonly [Name in keyof Given]: Given[Name] extends RequiredReader<infer Value>
    ? Value
    : Given[Name] extends Reader<infer Value>
      ? Value | undefined
      : never;
};

/** Answers to names that are no options here: another library's options, mistakes that are often made. */
export type Hints = Readonly<Record<string, string>>;

const NO_HINTS: Hints = {};

/**
 * The options of `caller`, each read once and checked: the one way options come in.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION`, whatever was given
 */
export function readOptions<Given extends Table>(
  caller: string,
  given: unknown,
  readers: Given,
  hints: Hints = NO_HINTS,
): Read<Given> {
  if (!isOptions(given)) throw wrongArgument(caller, expectedOf(readers), given, missedAwait(given));
  return readFields(given, readers, hints, { caller, name: '' });
}

function expectedOf(readers: Table): string {
  const needed = Object.keys(readers).filter((name) => isRequired(readers[name]));
  return `an object of options${needed.length === 0 ? '' : ` with ${needed.join(' and ')}`}`;
}

function missedAwait(given: unknown): string {
  return tagOf(given) === 'Promise' ? 'await it first' : '';
}

/** An object of options inside of another: `limits`, `redact`. `expected` says in a few words what it looks like. */
export function group<Given extends Table>(readers: Given, expected = 'an object'): Reader<Read<Given>> {
  return (given, at) => {
    if (!isOptions(given)) throw wrongOption(at, expected, given);
    return readFields(given, readers, NO_HINTS, at);
  };
}

function readFields<Given extends Table>(given: object, readers: Given, hints: Hints, around: Place): Read<Given> {
  refuseUnknown(given, Object.keys(readers), hints, around);
  const read: Record<string, unknown> = {};
  for (const [name, reader] of Object.entries(readers)) {
    const at = inside(around, name);
    read[name] = guarded(at, () => {
      const value: unknown = given[name as keyof typeof given];
      return value === undefined && !isRequired(reader) ? undefined : reader(value, at);
    });
  }
  return read as Read<Given>;
}

function isRequired(reader: Reader<unknown> | undefined): boolean {
  return reader !== undefined && 'isRequired' in reader;
}

function refuseUnknown(given: object, known: readonly string[], hints: Hints, around: Place): void {
  for (const name of guarded(around, () => Object.keys(given))) {
    if (known.includes(name)) continue;
    const hint = Object.hasOwn(hints, name) ? (hints[name] as string) : hintAt(name, known);
    throw optionError(`${around.caller}(): unknown option ${showValue(inside(around, name).name)}; ${hint}`);
  }
}

function inside(around: Place, name: string): Place {
  return { caller: around.caller, name: around.name === '' ? name : `${around.name}.${name}` };
}

/** A getter or a Proxy of the app's may throw: that is a wrong option like any other. */
function guarded<Value>(at: Place, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if ((error as OptionError | undefined)?.code === 'ERR_THROUGHLINE_OPTION') throw error;
    const what = at.name === '' ? 'the options' : `"${at.name}"`;
    throw optionError(`${at.caller}(): ${what} cannot be read: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : showValue(error);
}

/** A bag of names; a list, a date or a promise is none. */
export function isOptions(given: unknown): given is object {
  return typeof given === 'object' && given !== null && tagOf(given) === undefined;
}

/** The error for a wrong option: `start(): "sample" must be a number from 0 to 1, got "10%"`, and what may help. */
export function wrongOption({ caller, name }: Place, expected: string, came: unknown, hint = ''): OptionError {
  return optionError(`${caller}(): "${name}" must be ${expected}, got ${showValue(came)}${tail(hint)}`);
}

/** The same for one item of a list: `got "b c" in it`. */
export function wrongItem({ caller, name }: Place, expected: string, came: unknown, hint = ''): OptionError {
  return optionError(`${caller}(): "${name}" must be ${expected}, got ${showValue(came)} in it${tail(hint)}`);
}

/** The same reader for an option that must be given. */
export function required<Value>(reader: Reader<Value>): RequiredReader<Value> {
  return Object.assign((given: unknown, at: Place) => reader(given, at), { isRequired: true as const });
}

/** A value that `holds` says yes to, as it is. `hint` may say what was meant. */
export function checked<Value>(
  expected: string,
  holds: (given: unknown) => given is Value,
  hint: (given: unknown) => string = () => '',
): Reader<Value> {
  return (given, at) => {
    if (holds(given)) return given;
    throw wrongOption(at, expected, given, hint(given));
  };
}

/** A text that is not empty. */
export function text(expected = 'a non-empty string'): Reader<string> {
  return checked(expected, isText);
}

export function isText(given: unknown): given is string {
  return typeof given === 'string' && given !== '';
}

/** The path of a file or folder, as `expected` says: a text without the byte that no path may hold. */
export function pathOf(expected: string): Reader<string> {
  return checked(expected, (given): given is string => isText(given) && !given.includes('\0'));
}

export const flag: Reader<boolean> = checked('true or false', (given) => typeof given === 'boolean');

/** A function. What it does is the app's. */
export function functionOf<Callback>(expected = 'a function'): Reader<Callback> {
  return checked(expected, (given): given is Callback => typeof given === 'function');
}

export function numberFrom(min: number, max: number = Number.MAX_VALUE): Reader<number> {
  const expected = max === Number.MAX_VALUE ? `a number, ${min} or more` : `a number from ${min} to ${max}`;
  return checked(expected, (given): given is number => typeof given === 'number' && given >= min && given <= max);
}

/** `unit` is for the message: `a whole number of bytes, 65536 or more`. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER, unit = ''): Reader<number> {
  const noun = `a whole number${unit && ` of ${unit}`}`;
  const expected = max === Number.MAX_SAFE_INTEGER ? `${noun}, ${min} or more` : `${noun} from ${min} to ${max}`;
  return checked(
    expected,
    (given): given is number => Number.isSafeInteger(given) && (given as number) >= min && (given as number) <= max,
  );
}

/** One of these words. */
export function oneOf<Name extends string>(...names: readonly Name[]): Reader<Name> {
  const expected = names.map((name) => `"${name}"`).join(' or ');
  return checked(
    expected,
    (given): given is Name => names.includes(given as Name),
    (given) => hintNear(given, names),
  );
}

/** `did you mean "ahead"?`, or nothing: for options whose names stand in the message anyway. */
export function hintNear(given: unknown, names: readonly string[]): string {
  const near = typeof given === 'string' ? nearestName(given, names) : undefined;
  return near === undefined ? '' : `did you mean "${near}"?`;
}

/** A list of which each item holds. What is wrong in it is shown, not the list. */
export function listOf<Item>(expected: string, holds: (item: unknown) => item is Item): Reader<readonly Item[]> {
  return (given, at) => {
    if (!Array.isArray(given)) throw wrongOption(at, expected, given);
    const items: readonly unknown[] = [...given]; // holes too
    const wrong = items.findIndex((item) => !holds(item));
    if (wrong === -1) return items as readonly Item[];
    throw wrongItem(at, expected, items[wrong]);
  };
}

/**
 * A length of time in milliseconds. `such as` shows one; `min` and `max` are milliseconds.
 *
 * @see durationMs
 */
export function duration(suchAs: string, min: number, max: number = Number.POSITIVE_INFINITY): Reader<number> {
  const range = max === Number.POSITIVE_INFINITY ? '' : ` from ${min} to ${max}`;
  return (given, at) => {
    const ms = durationMs(given);
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    throw wrongOption(at, `milliseconds${range} or a time such as "${suchAs}"`, given);
  };
}
