import { characterClass, characterRange, DIGITS, isRunOf, joinPieces, LOWER } from './characters.ts';
import { headerBytes, MAX_HEADER_LENGTH, runEnd } from './header-bytes.ts';

/** W3C Trace Context 3.3.1: 0*31 further list-members. */
const MAX_MEMBERS = 32;
const MAX_KEY_LENGTH = 256;
const MAX_VALUE_LENGTH = 256;
/**
 * The longest text that is sent. 3.3.3.1 asks for at least 512; Node refuses more than 16 KiB for all
 * headers of a message together, so half of that is as much as one of them can ask of the next hop.
 */
const MAX_SENT_LENGTH = 8192;
/** 3.3.3.1: when something has to go, members longer than this go first. */
const LONG_MEMBER = 128;

// Level 2, 3.3.2.2: key = ( lcalpha / DIGIT ) 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" ).
// Every Level 1 key (tenant@system too) is one of these.
const KEY_START = characterClass(LOWER + DIGITS);
const KEY = characterClass(`${LOWER + DIGITS}_-*/@`);
const VALUE = characterClass(characterRange(0x20, 0x7e, ',='));
const OWS = characterClass(' \t');
/** What may stand between members: 3.3.2, empty and blank members MUST be accepted. */
const BLANK = characterClass(' \t,');

const COMMA = 0x2c;
const EQUALS = 0x3d;
const SPACE = 0x20;

/**
 * The W3C `tracestate`: an immutable list of vendors' members, the newest on the left. Structurally
 * OpenTelemetry's `TraceState`.
 *
 * @example
 * TraceState.parse('congo=t61rcWkgMzE')?.set('rojo', '00f067').serialize(); // 'rojo=00f067,congo=t61rcWkgMzE'
 */
export class TraceState {
  /** No members; `serialize()` gives the empty text, which is never sent. The start for a trace of our own. */
  static readonly empty: TraceState = new TraceState('', []);

  /** All members as they stand on the wire, whatever their length together. */
  readonly #text: string;
  /** `key=value`, left to right; split from the text when first asked for, since most only pass through. */
  #members: readonly string[] | undefined;
  /** The text within the length that is sent. */
  #sent: string | undefined;

  private constructor(text: string, members: readonly string[] | undefined) {
    this.#text = text;
    this.#members = members;
    this.#sent = text.length <= MAX_SENT_LENGTH ? text : undefined;
  }

  /**
   * Reads a `tracestate` value; several fields come joined by `,`. Any invalid member, or more than
   * 32, discards the whole. Blank members are passed over; of a repeated key the left-most stays.
   *
   * @returns `undefined` when nothing valid is there.
   */
  static parse(header: string): TraceState | undefined {
    if (header.length > MAX_HEADER_LENGTH) return undefined;
    const members = readMembers(header);
    if (members === undefined || members.length === 0) return undefined;
    // What is passed over is let go of: the members are cut from the header.
    return isCanonical(header, members)
      ? new TraceState(header, members)
      : new TraceState(joinPieces(members), undefined);
  }

  /** The value of `key`, or `undefined`. */
  get(key: string): string | undefined {
    const prefix = `${key}=`;
    return this.#split()
      .find((member) => member.startsWith(prefix))
      ?.slice(prefix.length);
  }

  /**
   * A tracestate with this member at the left (3.5: changed members go to the beginning). A 33rd
   * member pushes the right-most out. An invalid key or value changes nothing: you get `this` back.
   */
  set(key: string, value: string): TraceState {
    if (!isKey(key) || !isValue(value)) return this;
    const members = [`${key}=${value}`, ...this.#without(key)].slice(0, MAX_MEMBERS);
    return new TraceState(members.join(','), members);
  }

  /** A tracestate without `key`; `this` when it is not there. */
  unset(key: string): TraceState {
    const members = this.#without(key);
    if (members.length === this.#split().length) return this;
    return members.length === 0 ? TraceState.empty : new TraceState(members.join(','), members);
  }

  /**
   * The value to send. Above 8192 characters whole members are left out as 3.3.3.1 says: those longer
   * than 128 characters first, then from the end. `''` when there are no members: send no header then.
   */
  serialize(): string {
    this.#sent ??= fitMembers(this.#split(), MAX_SENT_LENGTH).join(',');
    return this.#sent;
  }

  #split(): readonly string[] {
    this.#members ??= this.#text.split(',');
    return this.#members;
  }

  #without(key: string): readonly string[] {
    const prefix = `${key}=`;
    return this.#split().filter((member) => !member.startsWith(prefix));
  }
}

/** Whole members that fit into `maxLength` characters with their commas, in their order (3.3.3.1). */
export function fitMembers(members: readonly string[], maxLength: number): readonly string[] {
  const kept = [...members];
  let excess = joinedLength(kept) - maxLength;
  for (const smallest of [LONG_MEMBER, -1]) {
    for (let at = kept.length - 1; at >= 0 && excess > 0; at -= 1) {
      const { length } = kept[at] ?? '';
      if (length <= smallest) continue;
      kept.splice(at, 1);
      excess -= length + 1;
    }
  }
  return kept;
}

/** The members left to right, none twice; `undefined` when one is invalid or there are too many. */
function readMembers(header: string): string[] | undefined {
  const { length } = header;
  if (Buffer.byteLength(header) !== length) return undefined; // only ASCII is valid anywhere
  const bytes = headerBytes(header, length);
  const members: string[] = [];
  const marks: number[] = [];
  let count = 0;
  let at = blankEnd(bytes, 0, length);
  while (at < length) {
    const keyEnd = scanKey(bytes, at, length);
    if (keyEnd === -1) return undefined;
    const valueEnd = scanValue(bytes, keyEnd + 1, length);
    const next = owsEnd(bytes, valueEnd, length);
    count += 1;
    if (valueEnd === keyEnd + 1 || !isMemberEnd(bytes, next, length) || count > MAX_MEMBERS) return undefined;
    const mark = markOf(bytes, at, keyEnd);
    if (!marks.includes(mark) || !hasKey(members, header.slice(at, keyEnd + 1))) {
      marks.push(mark);
      members.push(header.slice(at, valueEnd));
    }
    at = blankEnd(bytes, next, length);
  }
  return members;
}

/**
 * A number that two equal keys have in common, and most others do not: its length, first, middle and last
 * character. 32 keys of 256 characters then take 1 µs to tell apart; as strings, in a Set or not, 15 to 20.
 */
function markOf(bytes: Uint8Array, start: number, end: number): number {
  const middle = bytes[(start + end) >> 1] as number;
  const ends = ((bytes[start] as number) << 8) | (bytes[end - 1] as number);
  return ((end - start) << 14) ^ (middle << 20) ^ ends;
}

function hasKey(members: readonly string[], prefix: string): boolean {
  return members.some((member) => member.startsWith(prefix));
}

// Each with a table of its own: V8 writes the table into the loop then, 1 instead of 3.5 ns a byte (bench/hostile).

/** 3.3.2: empty and blank members MUST be accepted. */
function blankEnd(bytes: Uint8Array, start: number, length: number): number {
  return runEnd(bytes, start, length, BLANK);
}

function owsEnd(bytes: Uint8Array, start: number, length: number): number {
  return runEnd(bytes, start, length, OWS);
}

/** Where the `=` after the key stands; -1 when no valid key starts here. Looks no further than the longest key reaches. */
function scanKey(bytes: Uint8Array, start: number, length: number): number {
  if (KEY_START[bytes[start] as number] !== 1) return -1;
  const limit = Math.min(length, start + MAX_KEY_LENGTH);
  const at = runEnd(bytes, start, limit, KEY);
  return bytes[at] === EQUALS && at < length ? at : -1;
}

/** Where the value ends, without the spaces behind it; no further than the longest one reaches. */
function scanValue(bytes: Uint8Array, start: number, length: number): number {
  const limit = Math.min(length, start + MAX_VALUE_LENGTH);
  let end = runEnd(bytes, start, limit, VALUE);
  while (end > start && bytes[end - 1] === SPACE) end -= 1;
  return end;
}

function isMemberEnd(bytes: Uint8Array, at: number, length: number): boolean {
  return at === length || bytes[at] === COMMA;
}

function isValueLength(length: number): boolean {
  return length > 0 && length <= MAX_VALUE_LENGTH;
}

function isKey(key: unknown): key is string {
  if (typeof key !== 'string' || key.length > MAX_KEY_LENGTH) return false;
  return KEY_START[key.charCodeAt(0)] === 1 && isRunOf(key, KEY);
}

function isValue(value: unknown): value is string {
  if (typeof value !== 'string' || !isValueLength(value.length)) return false;
  return isRunOf(value, VALUE) && value.charCodeAt(value.length - 1) !== SPACE;
}

/** True when nothing was passed over, so the header itself is what we would write. */
function isCanonical(header: string, members: readonly string[]): boolean {
  return joinedLength(members) === header.length;
}

function joinedLength(members: readonly string[]): number {
  let length = members.length - 1;
  for (const member of members) length += member.length;
  return length;
}
