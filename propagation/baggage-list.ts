import { OCTET, TOKEN } from './baggage-member.ts';
import { joinPieces } from './characters.ts';
import { headerBytes, MAX_HEADER_LENGTH } from './header-bytes.ts';

/**
 * W3C Baggage 3.3.2: up to these two limits everything MUST be passed on. Of a list beyond them, as it
 * came, whole members are left out; that is also as much of a header as is looked at.
 */
export const MAX_MEMBERS = 64;
export const MAX_BYTES = 8192;
/** Blank and malformed members are told apart up to here: 3.1 has at most 180 members in a list. */
const MAX_PIECES = 180;

/**
 * The `baggage` header as it is sent on: its valid members without white space, each name once, at most 64
 * members and 8192 bytes. The header itself where it is that already; `''` when no valid member is there.
 */
export function readBaggage(header: string): string {
  const end = header.length <= MAX_HEADER_LENGTH ? header.length : header.lastIndexOf(',', MAX_HEADER_LENGTH);
  if (end <= 0) return '';
  const bytes = headerBytes(header, Math.min(end, MAX_HEADER_LENGTH));
  const members = new Map<string, string>();
  let room = MAX_BYTES + 1; // each piece with the comma behind it, and the last has none
  let valid = 0;
  for (let start = 0, pieces = 0; start < end && pieces < MAX_PIECES && valid < MAX_MEMBERS; pieces += 1) {
    const comma = header.indexOf(',', start);
    const stop = comma === -1 || comma > end ? end : comma;
    const length = stop - start + 1;
    // One that is too long does not hide those after it.
    const member = length <= room ? readMember(header, bytes, start, stop) : undefined;
    if (length <= room) room -= length;
    if (member !== undefined) {
      const key = member.slice(0, member.indexOf('='));
      members.delete(key); // The newer one wins and stands where it came.
      members.set(key, member);
      valid += 1;
    }
    start = stop + 1;
  }
  return joinMembers(header, members);
}

/** The header itself when nothing was passed over: then it is what we would write. */
function joinMembers(header: string, members: ReadonlyMap<string, string>): string {
  let length = members.size - 1;
  for (const member of members.values()) length += member.length;
  return length === header.length ? header : joinPieces(Array.from(members.values()));
}

// A member is read by a table: the part that one is in and the classes of the next two characters give the
// part that one is in then. Every byte costs the same 1.4 ns, white space taken out, however many properties
// there are; part after part, as in tracestate, it was 3 to 6 ns where the parts are short (bench/hostile).
//
//   key OWS "=" OWS value *( OWS ";" OWS property )          property = key [ OWS "=" OWS value ]

/** Other characters of a token, "=", other octets of a value, ";", white space, all else. */
const CLASSES: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === 0x3d) return 1;
  if (TOKEN[code] === 1) return 0;
  if (OCTET[code] === 1) return 2;
  if (code === 0x3b) return 3;
  return code === 0x20 || code === 0x09 ? 4 : 5;
});
/** The same for the first character of a pair. */
const HIGH_CLASSES: Uint8Array = CLASSES.map((value) => value << 3);
/** The length that a character adds to a text without white space. */
const WIDTHS: Uint8Array = CLASSES.map((value) => (value === 4 ? 0 : 1));

const X = 9; // malformed, and stays so
const STEPS: readonly (readonly number[])[] = [
  /* 0 before the key          */ [1, X, X, X, 0, X],
  /* 1 in the key              */ [1, 3, X, X, 2, X],
  /* 2 behind it               */ [X, 3, X, X, 2, X],
  /* 3 before a value          */ [4, 4, 4, 6, 3, X],
  /* 4 in it                   */ [4, 4, 4, 6, 5, X],
  /* 5 behind it               */ [X, X, X, 6, 5, X],
  /* 6 before a property       */ [7, X, X, X, 6, X],
  /* 7 in its key              */ [7, 3, X, 6, 8, X],
  /* 8 behind it, or its value */ [X, 3, X, 6, 8, X],
];
/** A member may end with a value, also an empty one, and with the key of a property. */
const MAY_END: readonly boolean[] = [false, false, false, true, true, true, false, true, true, false];

/** By part and class: `STEPS` with rows of eight. */
const NEXT: Uint8Array = Uint8Array.from({ length: 10 * 8 }, (_, at) => STEPS[at >> 3]?.[at & 7] ?? X);
/** By part and the classes of two characters. */
const NEXT_BUT_ONE: Uint8Array = Uint8Array.from({ length: 10 * 64 }, (_, at) => {
  return NEXT[((NEXT[at >> 3] ?? X) << 3) | (at & 7)] ?? X;
});

/** The place to which a member is written without its white space; one too many, for the last of a pair. */
const compact: Buffer = Buffer.alloc(MAX_BYTES + 2);

/** The member between `start` and `end`, where no comma is, as it is sent; `undefined` when it is malformed. */
function readMember(header: string, bytes: Uint8Array, start: number, end: number): string | undefined {
  let part = 0;
  let length = 0;
  let at = start;
  for (; at + 1 < end; at += 2) {
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    compact[length] = first;
    length += WIDTHS[first] as number;
    compact[length] = second;
    length += WIDTHS[second] as number;
    part = NEXT_BUT_ONE[(part << 6) | (HIGH_CLASSES[first] as number) | (CLASSES[second] as number)] as number;
  }
  if (at < end) {
    const last = bytes[at] as number;
    compact[length] = last;
    length += WIDTHS[last] as number;
    part = NEXT[(part << 3) | (CLASSES[last] as number)] as number;
  }
  if (MAY_END[part] !== true) return undefined;
  return length === end - start ? header.slice(start, end) : compact.toString('latin1', 0, length);
}
