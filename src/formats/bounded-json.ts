/** Either the value, or why there is none. */
export type ParsedJson = { readonly value: unknown } | { readonly problem: string };

/**
 * `JSON.parse` for text from the network: never throws, and refuses deep nesting before parsing.
 * 4 MB of `[` would block the parser for 0.4 s, and whatever walks the result could overflow the
 * stack; finding the depth first costs about a nanosecond a character.
 */
export function parseBoundedJson(text: string, maxDepth: number): ParsedJson {
  if (isDeeperThan(text, maxDepth)) return { problem: `JSON is nested deeper than ${maxDepth} levels` };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: 'not valid JSON' };
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i + 1);
    } else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}

/** Index of the closing quote, or past the end when there is none. */
function endOfString(text: string, from: number): number {
  let i = from;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    i += code === BACKSLASH ? 2 : 1;
  }
  return i;
}
