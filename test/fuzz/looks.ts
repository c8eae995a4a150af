import { scratch } from '../../propagation/header-bytes.ts';

/**
 * The number of characters that `run` looks at: what it takes from strings and from the bytes of a header one by one,
 * and what it has scanned for it. Time says little about a parser on a busy machine; this says the same on every one. What cannot be
 * seen from outside (a regular expression, a big integer read from its digits) counts for the worst it may do.
 */
export function countLooks(run: () => void): number {
  let looks = 0;
  const restore = PROBES.map(({ owner, name, cost }) => {
    return probe(owner, name, (self, args) => {
      looks += cost(self, args);
    });
  });
  const { bytes, words } = scratch;
  scratch.bytes = countingLooks(bytes, () => {
    looks += 1;
  });
  scratch.words = countingLooks(words, () => {
    looks += 4;
  });
  try {
    run();
  } finally {
    Object.assign(scratch, { bytes, words });
    for (const undo of restore) undo();
  }
  return looks;
}

/** The header that is being read, by bytes or by words, each look at one of them counted. */
function countingLooks<View extends Buffer | DataView>(view: View, count: () => void): View {
  return new Proxy(view, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'getInt32' || (typeof value === 'number' && name !== 'length')) count();
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

type Cost = (self: unknown, args: readonly unknown[]) => number;

interface Probe {
  readonly owner: object;
  readonly name: string | symbol;
  readonly cost: Cost;
}

const one: Cost = () => 1;
const whole: Cost = (self) => String(self).length;
const argument: Cost = (_self, [text]) => (typeof text === 'string' ? text.length : 1);
/** `write(text, offset, length)`: no more than there is room for. */
const written: Cost = (self, args) => Math.min(argument(self, args), typeof args[2] === 'number' ? args[2] : Infinity);
/** Squared: it may go back over the text for each of its characters. */
const quadratic: Cost = (_self, [text]) => (typeof text === 'string' ? text.length ** 2 : 1);
/** From `from` on, to where the text was found: at most to the end. */
const search: Cost = (self, [, from]) => Math.max(1, String(self).length - (typeof from === 'number' ? from : 0));

const originalIndexOf = String.prototype.indexOf;
const forward: Cost = (self, args) => {
  const [needle, from] = args as [string, number | undefined];
  const found = originalIndexOf.call(self, needle, from);
  return found === -1 ? search(self, args) : found - (from ?? 0) + String(needle).length;
};

const originalLastIndexOf = String.prototype.lastIndexOf;
const backward: Cost = (self, args) => {
  const [needle, from] = args as [string, number | undefined];
  const start = Math.min(from ?? Number.POSITIVE_INFINITY, String(self).length);
  return start - Math.max(0, originalLastIndexOf.call(self, needle, from));
};

const PROBES: readonly Probe[] = [
  ...named(
    String.prototype,
    ['charCodeAt', 'codePointAt', 'charAt', 'at', 'startsWith', 'endsWith', 'slice', 'substring'],
    one,
  ),
  ...named(String.prototype, ['indexOf', 'includes'], forward),
  ...named(String.prototype, ['lastIndexOf'], backward),
  ...named(
    String.prototype,
    ['split', 'trim', 'trimStart', 'trimEnd', 'toLowerCase', 'toUpperCase', 'padStart'],
    whole,
  ),
  ...named(
    String.prototype,
    ['normalize', 'localeCompare', 'repeat', 'replace', 'replaceAll', 'search', 'match'],
    whole,
  ),
  ...named(String.prototype, ['matchAll', Symbol.iterator], whole),
  ...named(RegExp.prototype, ['exec'], quadratic),
  ...named(globalThis, ['BigInt'], quadratic),
  ...named(globalThis, ['parseInt', 'decodeURIComponent', 'encodeURIComponent', 'decodeURI', 'escape'], argument),
  ...named(Number, ['parseInt'], argument),
  ...named(Buffer, ['from', 'byteLength'], argument),
  ...named(Buffer.prototype, ['write'], written),
];

function named(owner: object, names: readonly (string | symbol)[], cost: Cost): Probe[] {
  return names.map((name) => ({ owner, name, cost }));
}

/** Puts a counting stand-in in place of a function, and gives back what takes it away again. */
function probe(
  owner: object,
  name: string | symbol,
  count: (self: unknown, args: readonly unknown[]) => void,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  const original = descriptor?.value as (...args: unknown[]) => unknown;
  const counting = new Proxy(original, {
    apply(target, self, args) {
      count(self, args);
      return Reflect.apply(target, self, args);
    },
  });
  Object.defineProperty(owner, name, { ...descriptor, value: counting });
  return () => Object.defineProperty(owner, name, descriptor ?? {});
}
