import { type CharacterClass, characterClass, DIGITS, LOWER, skipRun, UPPER } from './characters.ts';

/** Characters that stay as they are in a value that we encode: everything else, `%` and `+` and the delimiters too, is coded. */
export const UNRESERVED: CharacterClass = characterClass(`${UPPER + LOWER + DIGITS}_.~-/`);

const PERCENT = 0x25;
const CODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/**
 * `text` in ASCII: characters in `kept` as they are, all else as the `%XX` of its UTF-8 bytes. Never
 * throws: a lone surrogate is coded as U+FFFD.
 */
export function encodePercent(text: string, kept: CharacterClass): string {
  const plain = skipRun(text, 0, text.length, kept);
  if (plain === text.length) return text;
  let encoded = text.slice(0, plain);
  for (const byte of Buffer.from(text.slice(plain), 'utf8')) {
    encoded += kept[byte] === 1 ? String.fromCharCode(byte) : CODED[byte];
  }
  return encoded;
}

/**
 * The text that ASCII with `%XX` stands for. Never throws: bytes that are no UTF-8 become U+FFFD (a
 * W3C Baggage MUST), a `%` without two hex digits stays a `%`, and `+` is a plus.
 */
export function decodePercent(text: string): string {
  const first = text.indexOf('%');
  if (first === -1) return text;
  const bytes = Buffer.allocUnsafe(text.length);
  let length = bytes.write(text.slice(0, first), 'latin1');
  for (let at = first; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const byte = code === PERCENT ? hexPair(text, at + 1) : -1;
    bytes[length] = byte === -1 ? code : byte;
    length += 1;
    if (byte !== -1) at += 2;
  }
  return bytes.toString('utf8', 0, length);
}

function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high === -1 || low === -1 ? -1 : (high << 4) | low;
}

/** Both cases: W3C Baggage takes its percent-encoding from RFC 3986, where they are the same. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
