import { Baggage } from './baggage.ts';
import { detach } from './characters.ts';
import type { Getter, Setter } from './context.ts';
import { decodePercent, encodePercent, UNRESERVED } from './percent.ts';

/** Jaeger's client libraries, Propagation Format, Baggage: `uberctx-{key}: {URL-encoded value}`, one header a member. */
const PREFIX = 'uberctx-';
const LOWER_U = 0x75;

/** The limits of W3C Baggage, on both sides: a member counts with the name of its header. */
const MAX_MEMBERS = 64;
const MAX_LENGTH = 8192;
/** Names of a carrier that are looked at. Node itself takes 2000 headers at most, a browser far fewer. */
const MAX_NAMES = 2000;

/**
 * Reads all `uberctx-*` headers. Header names have no case, so keys are in lower case. Members beyond
 * 64, or that do not fit into 8192 characters together, are left out whole.
 *
 * @returns `undefined` when there is none.
 */
export function readUberctx<Carrier>(carrier: Carrier, getter: Getter<Carrier>): Baggage | undefined {
  const found: [string, string][] = [];
  let names = 0;
  let members = 0;
  let room = MAX_LENGTH;
  for (const name of getter.keys(carrier)) {
    names += 1;
    if (names > MAX_NAMES || members === MAX_MEMBERS) break;
    if (!isMemberName(name) || name.length > room) continue;
    members += 1; // valid or not: each costs a look into the carrier
    const field = name.toLowerCase();
    const value = getter.get(carrier, field);
    if (typeof value !== 'string' || field.length + value.length > room) continue;
    room -= field.length + value.length;
    found.push([field.slice(PREFIX.length), decodeValue(value)]);
  }
  if (found.length === 0) return undefined;
  const baggage = Baggage.of(found);
  return baggage.size === 0 ? undefined : baggage;
}

/** Asked of every header of every request: all that do not begin with a `u` are passed over by one look. */
function isMemberName(name: unknown): name is string {
  if (typeof name !== 'string' || (name.charCodeAt(0) | 0x20) !== LOWER_U) return false;
  if (name.length <= PREFIX.length) return false;
  return name.startsWith(PREFIX) || name.slice(0, PREFIX.length).toLowerCase() === PREFIX;
}

/**
 * A `+` is a space: some of Jaeger's clients code a space so, and all of them code a plus as `%2B`.
 * Never throws: see {@link decodePercent}.
 */
function decodeValue(value: string): string {
  return decodePercent(value.includes('+') ? value.replaceAll('+', ' ') : value);
}

/**
 * Writes one header a member. A baggage key is a token, as a header name is, and the value is coded:
 * whatever the app set, the header is valid. Properties have no place in this format and stay behind.
 */
export function writeUberctx<Carrier>(baggage: Baggage, carrier: Carrier, setter: Setter<Carrier>): void {
  let members = 0;
  let room = MAX_LENGTH;
  baggage.eachValue((key, text) => {
    // Coding makes values longer: what is too long already (1 MB, say) is not worth coding.
    if (members === MAX_MEMBERS || PREFIX.length + key.length + text.length > room) return;
    const field = fieldOf(key);
    const value = encodePercent(text, UNRESERVED);
    if (field.length + value.length > room) return;
    members += 1;
    room -= field.length + value.length;
    setter.set(carrier, field, value);
  });
}

/**
 * Names are few, and the same in every request: a text that is put together again is hashed, and looked up
 * among all names that V8 knows, by each carrier (250 of the 300 ns of a member, bench/hostile). Those that
 * strangers send are as welcome, up to a number.
 */
const fields: Map<string, string> = new Map();
const MAX_FIELDS = 256;
const MAX_KEPT_LENGTH = 64;

function fieldOf(key: string): string {
  const known = fields.get(key);
  if (known !== undefined) return known;
  const field = PREFIX + key.toLowerCase();
  if (key.length <= MAX_KEPT_LENGTH && fields.size < MAX_FIELDS) fields.set(detach(key), field);
  return field;
}
