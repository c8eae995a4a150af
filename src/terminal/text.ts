/**
 * The characters that must not reach a terminal as they are: every control, format, private, unassigned and lone
 * surrogate character (C0, C1, DEL, bidi overrides and isolates, joiners), line and paragraph
 * separators, and variation selectors, on whose width terminals disagree.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]|\p{Variation_Selector}/gu;

/** A mark with nothing to sit on would sit on our own drawing; more than four pile up over the lines above. */
const LOOSE_MARKS = /^\p{M}+|(?<=\p{M}{4})\p{M}+/gu;

const PRINTABLE_ASCII = /^[ -~]*$/;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\u1160-\u11ff]/u;
const SKIN_TONE = /\p{Emoji_Modifier}/u;
const TAKES_SKIN_TONE = /\p{Emoji_Modifier_Base}/u;
const FLAG_LETTER = /[\u{1f1e6}-\u{1f1ff}]/u;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The text with every character that could move the cursor, recolour, reorder or misalign a line
 * replaced by a visible escape. Span names come from other people's requests: print nothing unsanitized.
 *
 *     sanitize('GET /\x1b[2J')   // 'GET /\\x1b[2J'
 *     sanitize('a\u202eb')       // 'a\\u202eb'
 */
export function sanitize(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(UNSAFE, escapeCharacter).replace(LOOSE_MARKS, escapeAll);
}

function escapeAll(text: string): string {
  return Array.from(text, escapeCharacter).join('');
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short) return short;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** Terminal columns of a sanitized text: CJK and emoji take two, combining marks none, a flag's two letters one each. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  let previous = '';
  for (const character of text) {
    width += characterWidth(character, previous);
    previous = character;
  }
  return width;
}

function characterWidth(character: string, previous: string): number {
  if (character >= ' ' && character <= '~') return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  if (SKIN_TONE.test(character) && TAKES_SKIN_TONE.test(previous)) return 0;
  return WIDE.test(character) && !FLAG_LETTER.test(character) ? 2 : 1;
}

/** The text cut to at most `width` columns, the cut shown by `…`; never inside a character and its marks. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  let previous = '';
  for (const character of text) {
    used += characterWidth(character, previous);
    if (used > width - 1) break;
    kept += character;
    previous = character;
  }
  return `${kept}…`;
}

/** The text in exactly `width` columns: cut with `…`, or padded with spaces at its end (or its start). */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, width);
  const padding = ' '.repeat(Math.max(0, width - displayWidth(cut)));
  return align === 'left' ? cut + padding : padding + cut;
}

/** Each unit with its length in milliseconds, smallest first. */
const UNITS: readonly (readonly [name: string, lengthMs: number])[] = [
  ['ns', 1e-6],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1e3],
  ['min', 6e4],
];

/**
 * A duration for people: three significant digits and the largest unit that keeps one before the point.
 *
 *     formatDuration(0.0421)   // '42.1 µs'
 *     formatDuration(1234)     // '1.23 s'
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1e-6) return '0 ms';
  let shown = '';
  for (const [name, lengthMs] of UNITS) {
    // Compared after rounding: 999.9 µs is 1.00 ms, not 1000 µs.
    const value = Number((ms / lengthMs).toPrecision(3));
    if (value < 1) break;
    shown = `${threeDigits(value)} ${name}`;
  }
  return shown;
}

function threeDigits(value: number): string {
  if (value >= 100) return Math.round(value).toString();
  return value.toFixed(value < 10 ? 2 : 1);
}
