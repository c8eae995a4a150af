/** Which ASCII characters belong to a class: one byte a character code, 1 = belongs. Codes above 255 read as `undefined`. */
export type CharacterClass = Readonly<Uint8Array>;

export const DIGITS = '0123456789';
export const LOWER = 'abcdefghijklmnopqrstuvwxyz';
export const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const TAB = 0x09;
const SPACE = 0x20;

/** The class of exactly these ASCII characters. For set-up time: the table is what the scanners look into. */
export function characterClass(characters: string): CharacterClass {
  const members = new Uint8Array(256);
  for (const character of characters) members[character.charCodeAt(0)] = 1;
  return members;
}

/** The characters from `first` to `last`, without those in `except`. */
export function characterRange(first: number, last: number, except: string): string {
  let characters = '';
  for (let code = first; code <= last; code += 1) {
    const character = String.fromCharCode(code);
    if (!except.includes(character)) characters += character;
  }
  return characters;
}

/** The end of the run of `members` that starts at `start`: `start` itself when there is none. */
export function skipRun(text: string, start: number, end: number, members: CharacterClass): number {
  let at = start;
  while (at < end && members[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

/** RFC 9110 5.6.3: OWS = *( SP / HTAB ). */
export function skipOws(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isOws(text.charCodeAt(at))) at += 1;
  return at;
}

/** The same from the right: the end of `text` without the OWS before `end`. */
export function trimOwsEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isOws(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** True when all of `text` is in `members`; true for the empty text. */
export function isRunOf(text: string, members: CharacterClass): boolean {
  return skipRun(text, 0, text.length, members) === text.length;
}

/** A copy that keeps nothing else alive: V8 slices point into the text that they were cut from. */
export function detach(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Pieces cut from a header, joined by commas: a text of its own, that keeps nothing else alive. */
export function joinPieces(pieces: readonly string[]): string {
  const [first] = pieces;
  // V8 joins one piece by handing it back.
  return first === undefined || pieces.length > 1 ? pieces.join(',') : detach(first);
}

function isOws(code: number): boolean {
  return code === SPACE || code === TAB;
}
