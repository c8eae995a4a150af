import { compileHostPattern } from './host-pattern.ts';
import { isPrivateHost } from './private-host.ts';

/** The context that may go along with a request: trace context, baggage, both, none. */
export interface Destination {
  readonly trace: boolean;
  readonly baggage: boolean;
}

/**
 * The destinations of outbound context.
 * - `'all'`: trace context and baggage to every host; `'none'`: nothing to any; `'private'`: both to
 *   private hosts only.
 * - a list: both to what it names, nothing to the rest. Strings are origins (`https://api.example.com:8443`)
 *   or host patterns (`example.com`, `*.example.com` for what is under it, `example.com:8443`); RegExps
 *   are tested on the parsed origin.
 * - a function: `true` for both, `false` for none, or each by name. One that throws lets nothing out.
 */
export type PropagateTo =
  | 'all'
  | 'none'
  | 'private'
  | readonly (string | RegExp)[]
  | ((url: URL) => boolean | Destination);

/** Never throws, and allocates nothing: the four answers are shared. */
export type DestinationRule = (url: URL) => Destination;

const NOTHING: Destination = Object.freeze({ trace: false, baggage: false });
const TRACE: Destination = Object.freeze({ trace: true, baggage: false });
const BAGGAGE: Destination = Object.freeze({ trace: false, baggage: true });
const BOTH: Destination = Object.freeze({ trace: true, baggage: true });

/** A fault of an option. Whose option it is, and how an error shows a value, the one who asks knows. */
export interface WrongDestination {
  readonly expected: string;
  readonly came: unknown;
  /** A guess at what was meant; empty where nobody knows. */
  readonly hint: string;
  /** `came` is one item of a list. */
  readonly isItem: boolean;
}

/** Makes the error to throw. */
export type Refusal = (wrong: WrongDestination) => Error;

const EXPECTED_ITEMS =
  "a list of origins ('https://api.example.com:8443'), host patterns ('example.com', '*.example.com', 'example.com:8443') and RegExps";
const EXPECTED = `'all', 'none', 'private', a list of origins, host patterns and RegExps, or a function of the URL`;

/**
 * Turns the `propagateTo` option into the rule that is asked for each request.
 *
 * @throws what `refused` makes, for anything else
 */
export function compilePropagateTo(option: unknown, refused: Refusal): DestinationRule {
  if (option === 'all') return everything;
  if (option === 'none') return nothing;
  if (option === 'private') return everythingToPrivate;
  if (typeof option === 'function') return compileFunction(option as (url: URL) => unknown);
  if (Array.isArray(option)) return compileList(option, refused);
  throw refused({ expected: EXPECTED, came: option, hint: hintFor(option), isItem: false });
}

/** The rule where nothing was said: trace context goes to all hosts, baggage to private ones only. */
export function traceToAllBaggageToPrivate(url: URL): Destination {
  return isPrivateHost(url.hostname) ? BOTH : TRACE;
}

function everything(): Destination {
  return BOTH;
}

function nothing(): Destination {
  return NOTHING;
}

function everythingToPrivate(url: URL): Destination {
  return isPrivateHost(url.hostname) ? BOTH : NOTHING;
}

function compileFunction(decide: (url: URL) => unknown): DestinationRule {
  return function askFunction(url) {
    try {
      return toDestination(decide(url));
    } catch {
      return NOTHING;
    }
  };
}

/** Only `true` is a yes: a promise, a string or a missing field lets nothing out. */
function toDestination(answer: unknown): Destination {
  if (answer === true) return BOTH;
  if (typeof answer !== 'object' || answer === null) return NOTHING;
  const { trace, baggage } = answer as { trace?: unknown; baggage?: unknown };
  if (trace === true) return baggage === true ? BOTH : TRACE;
  return baggage === true ? BAGGAGE : NOTHING;
}

function compileList(items: readonly unknown[], refused: Refusal): DestinationRule {
  const tests = [...items].map((item) => compileItem(item, refused)); // holes too
  return function askList(url) {
    for (const test of tests) {
      if (test(url)) return BOTH;
    }
    return NOTHING;
  };
}

function compileItem(item: unknown, refused: Refusal): (url: URL) => boolean {
  if (item instanceof RegExp) return compileRegExp(item);
  const test = typeof item === 'string' ? compileHostPattern(item) : undefined;
  if (test !== undefined) return test;
  const hint = item === 'all' || item === 'none' || item === 'private' ? `'${item}' stands alone` : '';
  throw refused({ expected: EXPECTED_ITEMS, came: item, hint, isItem: true });
}

/** On a copy of our own, from its start each time: with `g` or `y` a RegExp remembers where it stopped. */
function compileRegExp(given: RegExp): (url: URL) => boolean {
  const pattern = new RegExp(given);
  return function matchesOrigin(url) {
    pattern.lastIndex = 0;
    return url.origin !== 'null' && pattern.test(url.origin);
  };
}

function hintFor(option: unknown): string {
  if (option instanceof RegExp) return 'put it into a list';
  if (typeof option !== 'string') return '';
  const word = option.trim().toLowerCase();
  if (word === 'all' || word === 'none' || word === 'private') return `did you mean '${word}'?`;
  const looksLikeHost = word.includes('.') || word.includes(':') || word === 'localhost';
  return looksLikeHost && compileHostPattern(word) !== undefined ? `for one host give a list: ['${word}']` : '';
}
