import { MAX_BYTES, MAX_MEMBERS, readBaggage } from './baggage-list.ts';
import {
  type BaggageMember,
  BaggageMetadata,
  eachMember,
  isBaggageKey,
  OwnMember,
  splitMembers,
} from './baggage-member.ts';
import { decodePercent } from './percent.ts';
import { SHARED_NAME } from './shared-name.ts';

export { BaggageMetadata, type BaggageProperty } from './baggage-member.ts';

/** As much of a header as is kept unread: what Node takes for all headers of a message together. */
const MAX_UNREAD_LENGTH = 16_384;

/** One value with its metadata. Structurally OpenTelemetry's `BaggageEntry`. */
export interface BaggageEntry {
  /** Decoded: any text. */
  readonly value: string;
  /** The member's properties, when it has any. */
  readonly metadata?: BaggageMetadata;
}

/** The value that `setEntry` takes: metadata is anything whose `toString` gives properties in wire form, such as `ttl=30;internal`. */
export interface BaggageEntryInput {
  readonly value: string;
  readonly metadata?: { toString(): string } | undefined;
}

const BRAND: unique symbol = Symbol.for(`${SHARED_NAME}.baggage`);

/** Recognises baggage of ours, of whatever copy of the package. */
export function isBaggage(value: unknown): value is Baggage {
  return typeof value === 'object' && value !== null && (value as { readonly [BRAND]?: true })[BRAND] === true;
}

/**
 * W3C Baggage: an immutable list of names and values that travels with the request. Structurally
 * OpenTelemetry's `Baggage`. One value a name, the newer wins. Names are case-sensitive tokens and
 * never percent-coded; values are any text.
 *
 * @example
 * const baggage = Baggage.parse('userId=alice;ttl=30,region=eu%20west');
 * baggage?.get('region'); // 'eu west'
 * baggage?.set('tier', 'gold').serialize(); // 'userId=alice;ttl=30,region=eu%20west,tier=gold'
 */
export class Baggage {
  static {
    Object.defineProperty(Baggage.prototype, BRAND, { value: true });
  }

  /** No members; `serialize()` gives the empty text, which is never sent. */
  static readonly empty: Baggage = new Baggage(new Map(), '');

  // What came off the wire goes from the left to the right, each step at first use; what the app set begins with members.
  //
  //   header ──read──▶ text ──split──▶ members              members ──write──▶ text

  /** As it came and not looked at yet; gone as soon as it was. */
  #header: string | undefined;
  /** The header to send: the one that came, when it was in canonical form. */
  #text: string | undefined;
  /** By name, in order. */
  #members: ReadonlyMap<string, BaggageMember> | undefined;

  private constructor(
    members: ReadonlyMap<string, BaggageMember> | undefined,
    text: string | undefined,
    header?: string,
  ) {
    this.#header = header;
    this.#text = text;
    this.#members = members;
  }

  /**
   * A baggage of these values, without metadata; of a repeated name the last. What {@link set} would not take is left out.
   *
   * @example
   * Baggage.of([['tenant', 'acme']]).serialize(); // 'tenant=acme'
   */
  static of(values: Iterable<readonly [key: string, value: string]>): Baggage {
    const members = new Map<string, BaggageMember>();
    for (const [key, value] of values) {
      const member = ownMember(key, { value });
      if (member !== undefined) members.set(key, member);
    }
    return members.size === 0 ? Baggage.empty : new Baggage(members, undefined);
  }

  /**
   * Reads a `baggage` value; several fields come joined by `,`. A malformed member is dropped, the
   * others stay; of a repeated name the right-most (newest) stays. Of a list of more than 64 members or
   * 8192 bytes, as it came, whole members are left out.
   *
   * @returns `undefined` when no valid member is there.
   */
  static parse(header: string): Baggage | undefined {
    const text = readBaggage(header);
    return text === '' ? undefined : new Baggage(undefined, text);
  }

  /**
   * The same for what came with a request, which is looked at when somebody asks or sends: a request that is
   * only answered pays nothing for it (16 KB of it cost 15 to 35 µs, bench/hostile). It may turn out to
   * {@link isAbsent}. A header longer than 16 KB is read at once, so that no more than that is kept alive.
   */
  static received(header: string): Baggage {
    if (header.length > MAX_UNREAD_LENGTH) return new Baggage(undefined, readBaggage(header));
    return new Baggage(undefined, undefined, header);
  }

  /** True for what came without a valid member: it counts as none. Never of {@link Baggage.empty}, which somebody made. */
  get isAbsent(): boolean {
    if (this === Baggage.empty) return false;
    return this.#members === undefined ? this.#receivedText() === '' : this.#members.size === 0;
  }

  /** The number of names. */
  get size(): number {
    return this.#split().size;
  }

  /** The value of `key`, decoded, or `undefined`. Short for `getEntry(key)?.value`. */
  get(key: string): string | undefined {
    return this.#split().get(key)?.value;
  }

  /** A baggage with this value and no metadata. Short for `setEntry(key, { value })`. */
  set(key: string, value: string): Baggage {
    return this.setEntry(key, { value });
  }

  getEntry(key: string): BaggageEntry | undefined {
    const member = this.#split().get(key);
    return member === undefined ? undefined : entryOf(member);
  }

  /** All names and entries in the order in which they are sent. */
  getAllEntries(): [string, BaggageEntry][] {
    return Array.from(this.#split().values(), (member) => [member.key, entryOf(member)]);
  }

  /** Each name with its value, decoded, in the order in which they are sent: {@link getAllEntries} without its objects. */
  eachValue(visit: (key: string, value: string) => void): void {
    if (this.#members === undefined) {
      eachMember(this.#receivedText(), (key, value) => visit(key, decodePercent(value)));
      return;
    }
    for (const { key, value } of this.#members.values()) visit(key, value);
  }

  /**
   * A baggage with this entry; a name that is there keeps its place. `this`, unchanged, when the key is
   * no token or the value no string. Any string will do as a value: it is percent-coded when sent, or
   * left out where it does not fit.
   */
  setEntry(key: string, entry: BaggageEntryInput): Baggage {
    const member = ownMember(key, entry);
    return member === undefined ? this : new Baggage(new Map(this.#split()).set(key, member), undefined);
  }

  /** A baggage without `key`; `this` when it is not there. */
  removeEntry(key: string): Baggage {
    return this.removeEntries(key);
  }

  /** A baggage without these names; `this` when none of them is there. */
  removeEntries(...keys: string[]): Baggage {
    const before = this.#split();
    const members = new Map(before);
    for (const key of keys) members.delete(key);
    if (members.size === before.size) return this;
    return members.size === 0 ? Baggage.empty : new Baggage(members, undefined);
  }

  /** A baggage with the members of `other` behind its own, which stay where both have a name. */
  with(other: Baggage): Baggage {
    const members = new Map(this.#split());
    for (const [key, member] of other.#split()) if (!members.has(key)) members.set(key, member);
    return new Baggage(members, undefined);
  }

  /** {@link Baggage.empty}. */
  clear(): Baggage {
    return Baggage.empty;
  }

  /**
   * The value to send: ASCII, at most 64 members and 8192 bytes; whole members that do not fit are left
   * out. `''` when there is nothing to send: send no header then.
   */
  serialize(): string {
    if (this.#members === undefined) return this.#receivedText();
    this.#text ??= fitMembers(this.#members).join(',');
    return this.#text;
  }

  #split(): ReadonlyMap<string, BaggageMember> {
    this.#members ??= splitMembers(this.#receivedText());
    return this.#members;
  }

  #receivedText(): string {
    if (this.#header !== undefined) {
      this.#text = readBaggage(this.#header);
      this.#header = undefined;
    }
    return this.#text ?? '';
  }
}

function ownMember(key: string, entry: BaggageEntryInput): BaggageMember | undefined {
  if (!isBaggageKey(key)) return undefined;
  try {
    const { value, metadata } = entry;
    return typeof value === 'string' ? new OwnMember(key, value, String(metadata ?? '')) : undefined;
  } catch {
    return undefined; // A getter or a toString of the app's threw: no entry then.
  }
}

/** The wire text of the members that may be sent together, in order; one that is too long does not hide those after it. */
function fitMembers(members: ReadonlyMap<string, BaggageMember>): string[] {
  const wires: string[] = [];
  let room = MAX_BYTES;
  for (const member of members.values()) {
    if (wires.length === MAX_MEMBERS) break;
    const wire = member.wire(room);
    if (wire === undefined) continue;
    wires.push(wire);
    room -= wire.length + 1;
  }
  return wires;
}

function entryOf(member: BaggageMember): BaggageEntry {
  const { value, properties } = member;
  return properties === '' ? { value } : { value, metadata: new BaggageMetadata(properties) };
}
