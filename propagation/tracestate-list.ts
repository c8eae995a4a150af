import { characterClass, characterRange, DIGITS, isRunOf, joinPieces, LOWER } from './characters.ts';
import { headerBytes, MAX_HEADER_LENGTH, SHORT_LENGTH, scratch } from './header-bytes.ts';

/** W3C Trace Context 3.3.1: 0*31 further list-members. */
export const MAX_MEMBERS = 32;
const MAX_KEY_LENGTH = 256;
const MAX_VALUE_LENGTH = 256;

/** 3.3.3.1: when something has to go, members longer than this go first. */
const LONG_MEMBER = 128;
/**
 * The longest text that is sent, and that is looked at: 32 members of 128 characters and the commas between
 * them. 3.3.3.1 asks for at least 512. All headers of a message together have 16 KiB in Node.
 */
export const MAX_SENT_LENGTH: number = MAX_MEMBERS * LONG_MEMBER + MAX_MEMBERS - 1;
/** Pieces between commas, blank ones too, that are told apart of a longer text. */
const MAX_PIECES = 64;

// Level 2, 3.3.2.2: key = ( lcalpha / DIGIT ) 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" ).
// Every Level 1 key (tenant@system too) is one of these.
const KEY_START = characterClass(LOWER + DIGITS);
const KEY = characterClass(`${LOWER + DIGITS}_-*/@`);
const VALUE = characterClass(characterRange(0x20, 0x7e, ',='));
const OWS = characterClass(' \t');
/** Characters that may stand between members: 3.3.2, empty and blank members MUST be accepted. */
const BLANK = characterClass(' \t,');

const IN_KEY = 1;
const IN_VALUE = 2;
const IN_OWS = 4;
const IN_BLANK = 8;
/** All of them in one table, a bit each. */
const CLASSES: Uint8Array = KEY.map((inKey, code) => {
  const [inValue = 0, inOws = 0, inBlank = 0] = [VALUE[code], OWS[code], BLANK[code]];
  return inKey * IN_KEY + inValue * IN_VALUE + inOws * IN_OWS + inBlank * IN_BLANK;
});

/** Any odd number with as many ones as zeroes. */
const MARK_FACTOR = 0x9e3779b1;

const COMMA = 0x2c;
const EQUALS = 0x3d;
const SPACE = 0x20;

/** True for what may name a member. */
export function isTraceStateKey(key: unknown): key is string {
  if (typeof key !== 'string' || key.length > MAX_KEY_LENGTH) return false;
  return KEY_START[key.charCodeAt(0)] === 1 && isRunOf(key, KEY);
}

/** True for what may be the value of a member. */
export function isTraceStateValue(value: unknown): value is string {
  if (typeof value !== 'string' || !isValueLength(value.length)) return false;
  return isRunOf(value, VALUE) && value.charCodeAt(value.length - 1) !== SPACE;
}

function isValueLength(length: number): boolean {
  return length > 0 && length <= MAX_VALUE_LENGTH;
}

/** Whole members that fit into `maxLength` characters with their commas, in their order (3.3.3.1). */
export function fitMembers(members: readonly string[], maxLength: number): readonly string[] {
  const fits = whichFit(
    members.map((member) => member.length),
    maxLength,
  );
  return members.filter((_, at) => fits[at]);
}

/** The same by lengths alone: nothing has to be cut out that does not fit. */
function whichFit(lengths: readonly number[], maxLength: number): readonly boolean[] {
  const fits = lengths.map(() => true);
  let excess = joinedLength(lengths) - maxLength;
  for (const smallest of [LONG_MEMBER, 0]) {
    for (let at = lengths.length - 1; at >= 0 && excess > 0; at -= 1) {
      const length = lengths[at] ?? 0;
      if (fits[at] !== true || length <= smallest) continue;
      fits[at] = false;
      excess -= length + 1;
    }
  }
  return fits;
}

function joinedLength(lengths: readonly number[]): number {
  let joined = lengths.length - 1;
  for (const length of lengths) joined += length;
  return joined;
}

/** True when the members are all that the text has. */
export function isWhole(text: string, members: readonly string[]): boolean {
  return joinedLength(members.map((member) => member.length)) === text.length;
}

/**
 * As much of a header as is looked at: all of it, or of one that is longer than may be sent, in a text of its own, the
 * pieces that are left when it is truncated as it came, unread. Blank ones count with the white space that
 * they are. Nothing of one that Node would not let in.
 */
export function withinLimits(header: string): string {
  if (header.length <= MAX_SENT_LENGTH) return header;
  if (header.length > MAX_HEADER_LENGTH) return '';
  const starts: number[] = [];
  const lengths: number[] = [];
  for (let at = 0, pieces = 0; at < header.length && pieces < MAX_PIECES; pieces += 1) {
    const comma = header.indexOf(',', at);
    const end = comma === -1 ? header.length : comma;
    if (end > at) {
      starts.push(at);
      lengths.push(end - at);
    }
    at = end + 1;
  }
  const kept: string[] = [];
  for (const [at, fits] of whichFit(lengths, MAX_SENT_LENGTH).entries()) {
    const start = starts[at] ?? 0;
    if (fits) kept.push(header.slice(start, start + (lengths[at] ?? 0)));
  }
  return joinPieces(kept);
}

/** The members left to right, none twice; `undefined` when one is invalid or there are too many. */
export function readMembers(text: string): string[] | undefined {
  // Only ASCII is valid anywhere; of a short text the reader finds out as fast.
  if (text.length > SHORT_LENGTH && Buffer.byteLength(text) !== text.length) return undefined;
  return readAll(text);
}

function readAll(header: string): string[] | undefined {
  const { length } = header;
  const bytes = headerBytes(header, length);
  const members: string[] = [];
  const marks: number[] = [];
  const starts: number[] = [];
  let count = 0;
  let at = blankEnd(bytes, 0, length);
  while (at < length) {
    const keyEnd = scanKey(bytes, at, length);
    if (keyEnd === -1) return undefined;
    const valueEnd = scanValue(bytes, keyEnd + 1, length);
    const next = runEnd(bytes, valueEnd, length, IN_OWS);
    count += 1;
    if (valueEnd === keyEnd + 1 || !isMemberEnd(bytes, next, length) || count > MAX_MEMBERS) return undefined;
    const mark = keyMark;
    if (!hasKey(bytes, starts, marks, mark, at, keyEnd)) {
      starts.push(at);
      marks.push(mark);
      members.push(header.slice(at, valueEnd));
    }
    at = blankEnd(bytes, next, length);
  }
  return members;
}

/** True when the key from `start` to `end` is one of those that begin at `starts` and have `marks`. */
function hasKey(
  bytes: Uint8Array,
  starts: readonly number[],
  marks: readonly number[],
  mark: number,
  start: number,
  end: number,
): boolean {
  const length = end + 1 - start; // its `=` too, so that no longer key is taken for it
  for (let at = marks.indexOf(mark); at !== -1; at = marks.indexOf(mark, at + 1)) {
    if (isRepeated(bytes, starts[at] as number, start, length)) return true;
  }
  return false;
}

function isRepeated(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  const { words } = scratch;
  let at = 0;
  while (at + 3 < length && words.getInt32(one + at, true) === words.getInt32(other + at, true)) at += 4;
  while (at < length && bytes[one + at] === bytes[other + at]) at += 1;
  return at === length;
}

/** 3.3.2: empty and blank members MUST be accepted. */
function blankEnd(bytes: Uint8Array, start: number, length: number): number {
  return runEnd(bytes, start, length, IN_BLANK);
}

/**
 * The end of the run that starts at `start`: `start` itself when there is none. Four at a time, without a
 * branch between them, and out of one table that is a constant: with a table as argument a byte costs 3.5
 * instead of 1 ns where this is called once a request (bench/hostile).
 */
function runEnd(bytes: Uint8Array, start: number, end: number, mask: number): number {
  const { words } = scratch;
  let at = start;
  while (at + 3 < end && (classesOfAll(words.getInt32(at, true)) & mask) !== 0) at += 4;
  while (at < end && ((CLASSES[bytes[at] as number] as number) & mask) !== 0) at += 1;
  return at;
}

/** The classes that all four characters of a word are in. */
function classesOfAll(word: number): number {
  const first = (CLASSES[word & 0xff] as number) & (CLASSES[(word >>> 8) & 0xff] as number);
  return first & (CLASSES[(word >>> 16) & 0xff] as number) & (CLASSES[word >>> 24] as number);
}

/**
 * A number of the key that was scanned last, which equal keys have in common and others hardly ever. As
 * strings 32 keys of 126 characters take longer to tell apart in a Set, and 600 µs by comparing each with
 * each where they begin alike. Taken on the way, and left here: reading is synchronous.
 */
let keyMark = 0;

/**
 * The place of the `=` after the key; -1 when no valid key starts here. Looks no further than the longest key
 * reaches, and at each character once: a walk for the classes and one for the mark were 40 % more (bench/hostile).
 */
function scanKey(bytes: Uint8Array, start: number, length: number): number {
  if (KEY_START[bytes[start] as number] !== 1) return -1;
  const { words } = scratch;
  const limit = Math.min(length, start + MAX_KEY_LENGTH);
  let mark = 0;
  let at = start;
  for (; at + 3 < limit; at += 4) {
    const word = words.getInt32(at, true);
    if ((classesOfAll(word) & IN_KEY) === 0) break;
    mark = Math.imul(mark ^ word, MARK_FACTOR);
    mark ^= mark >>> 15;
  }
  for (; at < limit; at += 1) {
    const code = bytes[at] as number;
    if (((CLASSES[code] as number) & IN_KEY) === 0) break;
    mark = Math.imul(mark ^ code, MARK_FACTOR);
  }
  keyMark = mark;
  return bytes[at] === EQUALS && at < length ? at : -1;
}

/** The end of the value, without the spaces behind it; no further than the longest one reaches. */
function scanValue(bytes: Uint8Array, start: number, length: number): number {
  const limit = Math.min(length, start + MAX_VALUE_LENGTH);
  let end = runEnd(bytes, start, limit, IN_VALUE);
  while (end > start && bytes[end - 1] === SPACE) end -= 1;
  return end;
}

function isMemberEnd(bytes: Uint8Array, at: number, length: number): boolean {
  return at === length || bytes[at] === COMMA;
}
