import { characterClass, characterRange, DIGITS, isRunOf, LOWER, skipOws, skipRun, trimOwsEnd } from './characters.ts';

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
/** The most that is looked at: twice what 32 members of the greatest size need, for white space and blank members. */
const MAX_SCANNED_LENGTH = 32_768;

// Level 2, 3.3.2.2: key = ( lcalpha / DIGIT ) 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" / "@" ).
// Every Level 1 key (tenant@system too) is one of these.
const KEY_START = characterClass(LOWER + DIGITS);
const KEY = characterClass(`${LOWER + DIGITS}_-*/@`);
const VALUE = characterClass(characterRange(0x20, 0x7e, ',='));

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
    if (header.length > MAX_SCANNED_LENGTH) return undefined;
    const members = readMembers(header);
    if (members === undefined || members.length === 0) return undefined;
    return new TraceState(isCanonical(header, members) ? header : members.join(','), members);
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
  const members: string[] = [];
  const keys: string[] = [];
  let count = 0;
  let at = skipBlanks(header, 0);
  while (at < header.length) {
    const keyEnd = scanKey(header, at);
    const runEnd = skipRun(header, keyEnd + 1, header.length, VALUE);
    const next = skipOws(header, runEnd, header.length);
    const valueEnd = trimOwsEnd(header, keyEnd + 1, runEnd);
    if (keyEnd === -1 || !isMemberEnd(header, next) || !isValueLength(valueEnd - keyEnd - 1)) return undefined;
    count += 1;
    if (count > MAX_MEMBERS) return undefined;
    const key = header.slice(at, keyEnd);
    if (!keys.includes(key)) {
      keys.push(key);
      members.push(header.slice(at, valueEnd));
    }
    at = skipBlanks(header, next);
  }
  return members;
}

/** 3.3.2: empty and blank members MUST be accepted. */
function skipBlanks(header: string, start: number): number {
  let at = skipOws(header, start, header.length);
  while (header.charCodeAt(at) === COMMA) at = skipOws(header, at + 1, header.length);
  return at;
}

/** Where the `=` after the key stands; -1 when no valid key starts here. */
function scanKey(header: string, start: number): number {
  if (KEY_START[header.charCodeAt(start)] !== 1) return -1;
  const end = skipRun(header, start, header.length, KEY);
  return header.charCodeAt(end) === EQUALS && end - start <= MAX_KEY_LENGTH ? end : -1;
}

function isMemberEnd(header: string, at: number): boolean {
  return at === header.length || header.charCodeAt(at) === COMMA;
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
