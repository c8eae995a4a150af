import { REDACTED } from '../redaction.ts';

/** More of a text is not looked at, and not kept. */
const MAX_LENGTH = 65_536;

/**
 * A text in which no URL tells credentials or values of its query: `https://user:pw@shop/a?key=7` reads
 * `https://REDACTED:REDACTED@shop/a?key=REDACTED`. One pass over at most 64 KiB; `file:` URLs, of which stacks are
 * full, stay as they are.
 */
export function redactUrls(given: string): string {
  const text = given.length > MAX_LENGTH ? given.slice(0, MAX_LENGTH) : given;
  let redacted = '';
  let done = 0;
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at)) {
    const start = at + 3;
    const end = urlEnd(text, start);
    if (!isFile(text, at) && end > start) {
      redacted += text.slice(done, start) + redactRest(text.slice(start, end));
      done = end;
    }
    at = end;
  }
  return redacted + text.slice(done);
}

function isFile(text: string, at: number): boolean {
  return text.slice(at - 4, at).toLowerCase() === 'file';
}

/** A URL ends where no URL goes on: at a blank, a control character, `"`, `<`, `>` or a backtick. */
function urlEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isEnd(text.charCodeAt(at))) at++;
  return at;
}

function isEnd(code: number): boolean {
  return code <= 0x20 || code === 0x22 || code === 0x3c || code === 0x3e || code === 0x60 || code === 0x7f;
}

/** All of a URL behind its `://`. */
function redactRest(rest: string): string {
  const authorityEnd = firstOf(rest, '/?#');
  const at = rest.lastIndexOf('@', authorityEnd - 1);
  const place = at === -1 ? rest.slice(0, authorityEnd) : `${REDACTED}:${REDACTED}@${rest.slice(at + 1, authorityEnd)}`;
  return place + redactTarget(rest.slice(authorityEnd));
}

/** A path with a query and a fragment, either of which may hold values: `/a?key=7#token=8`. */
export function redactTarget(target: string): string {
  const values = firstOf(target, '?#');
  return target.slice(0, values) + target.slice(values).replace(/=[^&#]+/g, `=${REDACTED}`);
}

function firstOf(text: string, characters: string): number {
  for (let at = 0; at < text.length; at++) if (characters.includes(text.charAt(at))) return at;
  return text.length;
}

/** The words to read in the place of texts that an error may repeat. */
export type Replacements = readonly (readonly [secret: string, shown: string])[];

const replacements = new WeakMap<object, Replacements>();
/** Errors hide behind one another: "fetch failed" has the one that tells as its cause. */
const MAX_CAUSES = 5;

/** From here on whoever records `error`, or one that it came from, shows these texts in place of its secrets. */
export function hideIn(error: unknown, secrets: Replacements): void {
  let at = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof at === 'object' && at !== null; depth++) {
    replacements.set(at, secrets);
    at = causeOf(at);
  }
}

function causeOf(error: object): unknown {
  try {
    return (error as { cause?: unknown }).cause;
  } catch {
    return undefined;
  }
}

/** A text of `error` as it may be recorded. */
export function redactedText(error: unknown, text: string): string {
  const secrets = typeof error === 'object' && error !== null ? replacements.get(error) : undefined;
  let redacted = text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) : text;
  for (const [secret, shown] of secrets ?? []) redacted = redacted.replaceAll(secret, () => shown);
  return redactUrls(redacted);
}
