import {
  type CharacterClass,
  characterClass,
  characterRange,
  DIGITS,
  isRunOf,
  LOWER,
  skipOws,
  skipRun,
  trimOwsEnd,
  UPPER,
} from './characters.ts';
import { decodePercent, encodePercent, UNRESERVED } from './percent.ts';

// RFC 9110 5.6.2 token. `%` is one of its characters, so a key is never percent-coded.
export const TOKEN: CharacterClass = characterClass(`${UPPER + LOWER + DIGITS}!#$%&'*+-.^_\`|~`);
// baggage-octet = %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E
export const OCTET: CharacterClass = characterClass(characterRange(0x21, 0x7e, '",;\\'));

const EQUALS = 0x3d;
const SEMICOLON = 0x3b;

/** One property of a member: `ttl=30`, or a bare `internal`. Values are decoded; a bare key has none. */
export interface BaggageProperty {
  readonly key: string;
  readonly value: string | undefined;
}

/** The properties of a member, in order, repeated ones too. Structurally OpenTelemetry's `BaggageEntryMetadata`. */
export class BaggageMetadata {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Marks the opaque type in OpenTelemetry's declarations; nothing reads it. */
  get __TYPE__(): never {
    return METADATA_TYPE as never;
  }

  /** The properties decoded. What is no property is left out. */
  get properties(): readonly BaggageProperty[] {
    return readProperties(this.#text);
  }

  /** The properties as they stand on the wire, values percent-coded: `ttl=30;internal`. */
  toString(): string {
    return this.#text;
  }
}

const METADATA_TYPE = Symbol('BaggageEntryMetadata');

/** One member. What came off the wire keeps its text and is decoded when asked; what the app set is coded when sent. */
export interface BaggageMember {
  readonly key: string;
  readonly value: string;
  /** The properties' wire text, `''` for none. */
  readonly properties: string;
  /** The member as it is sent; `undefined` when that takes more than `maxLength` characters. */
  wire(maxLength: number): string | undefined;
}

/** True for what may name a member: an RFC 9110 token. */
export function isBaggageKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && isRunOf(key, TOKEN);
}

/** A member as it came: validated, and without white space. */
export class ReceivedMember implements BaggageMember {
  readonly key: string;
  readonly properties: string;
  readonly #value: string;
  #decoded: string | undefined;

  constructor(key: string, value: string, properties: string) {
    this.key = key;
    this.properties = properties;
    this.#value = value;
    this.#decoded = undefined;
  }

  get value(): string {
    this.#decoded ??= decodePercent(this.#value);
    return this.#decoded;
  }

  wire(maxLength: number): string | undefined {
    const text = joinMember(this.key, this.#value, this.properties);
    return text.length <= maxLength ? text : undefined;
  }
}

/** A member as the app set it: any text at all. */
export class OwnMember implements BaggageMember {
  readonly key: string;
  readonly value: string;
  readonly properties: string;

  constructor(key: string, value: string, properties: string) {
    this.key = key;
    this.value = value;
    this.properties = properties;
  }

  wire(maxLength: number): string | undefined {
    // Coding makes values longer: what is too long already (1 MB, say) is not worth coding.
    if (this.key.length + this.value.length + this.properties.length >= maxLength) return undefined;
    const text = joinMember(this.key, encodePercent(this.value, UNRESERVED), encodeProperties(this.properties));
    return text.length <= maxLength ? text : undefined;
  }
}

/** The members of a text that {@link readBaggage} gave: nothing is checked again. */
export function splitMembers(text: string): Map<string, ReceivedMember> {
  const members = new Map<string, ReceivedMember>();
  eachMember(text, (key, value, properties) => members.set(key, new ReceivedMember(key, value, properties)));
  return members;
}

/** The same one by one, in order, each part as it stands on the wire: what is done once needs no objects. */
export function eachMember(text: string, visit: (key: string, value: string, properties: string) => void): void {
  for (let start = 0; start < text.length; ) {
    const comma = text.indexOf(',', start);
    const end = comma === -1 ? text.length : comma;
    const equals = text.indexOf('=', start);
    const semicolon = indexWithin(text, SEMICOLON, equals, end);
    visit(text.slice(start, equals), text.slice(equals + 1, semicolon), text.slice(semicolon + 1, end));
    start = end + 1;
  }
}

/** `property = key OWS "=" OWS value / key`, as wire text without white space. */
function readProperty(text: string, start: number, end: number): string | undefined {
  const keyStart = skipOws(text, start, end);
  const keyEnd = skipRun(text, keyStart, end, TOKEN);
  const stop = trimOwsEnd(text, keyEnd, end);
  if (keyEnd === keyStart) return undefined;
  if (keyEnd === stop) return text.slice(keyStart, keyEnd);
  const equals = skipOws(text, keyEnd, stop);
  const valueStart = skipOws(text, equals + 1, stop);
  if (text.charCodeAt(equals) !== EQUALS || skipRun(text, valueStart, stop, OCTET) !== stop) return undefined;
  return `${text.slice(keyStart, keyEnd)}=${text.slice(valueStart, stop)}`;
}

/** Metadata of an app's, made fit to send: properties whose key is no token go, odd characters in values are coded. */
function encodeProperties(text: string): string {
  let encoded = '';
  for (let start = 0; start < text.length; ) {
    const end = indexWithin(text, SEMICOLON, start, text.length);
    const property = encodeProperty(text, start, end);
    if (property !== undefined) encoded += encoded === '' ? property : `;${property}`;
    start = end + 1;
  }
  return encoded;
}

function encodeProperty(text: string, start: number, end: number): string | undefined {
  const equals = indexWithin(text, EQUALS, start, end);
  if (equals === end) return readProperty(text, start, end);
  const key = readProperty(text, start, equals);
  const valueStart = skipOws(text, equals + 1, end);
  if (key === undefined) return undefined;
  return `${key}=${encodePercent(text.slice(valueStart, trimOwsEnd(text, valueStart, end)), OCTET)}`;
}

function readProperties(text: string): BaggageProperty[] {
  const properties: BaggageProperty[] = [];
  const wire = encodeProperties(text);
  for (let start = 0; start < wire.length; ) {
    const end = indexWithin(wire, SEMICOLON, start, wire.length);
    properties.push(splitProperty(wire.slice(start, end)));
    start = end + 1;
  }
  return properties;
}

function splitProperty(property: string): BaggageProperty {
  const equals = property.indexOf('=');
  if (equals === -1) return { key: property, value: undefined };
  return { key: property.slice(0, equals), value: decodePercent(property.slice(equals + 1)) };
}

/** The first place of `code`, or `end`. Not `indexOf`, which would look past the end again for each property. */
function indexWithin(text: string, code: number, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== code) at += 1;
  return at;
}

function joinMember(key: string, value: string, properties: string): string {
  return properties === '' ? `${key}=${value}` : `${key}=${value};${properties}`;
}
