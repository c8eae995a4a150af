/** An error of ours, whichever copy of the package threw it: `code` is for programs, the message for people. */
export interface ThroughlineError extends Error {
  /** `ERR_THROUGHLINE_OPTION`, `ERR_THROUGHLINE_STORE`: docs/errors.md has a heading for each. */
  readonly code: `ERR_THROUGHLINE_${string}`;
}

/**
 * Is this an error of ours? By its code, so that it holds across copies of the package and realms.
 *
 * @example
 * try { await store.search({ service: 'shop' }); } catch (error) {
 *   if (!isThroughlineError(error) || error.code !== 'ERR_THROUGHLINE_STORE') throw error;
 * }
 */
export function isThroughlineError(error: unknown): error is ThroughlineError {
  if (!(error instanceof Error) && tagOf(error) !== 'Error') return false;
  try {
    const { code } = error as { readonly code?: unknown };
    return typeof code === 'string' && code.startsWith('ERR_THROUGHLINE_');
  } catch {
    return false; // a getter of somebody's threw: none of ours has one
  }
}

/** A set-up mistake in code. The message names the function, the option, what was expected and what came. */
export interface OptionError extends TypeError {
  readonly code: 'ERR_THROUGHLINE_OPTION';
}

/**
 * The error for a wrong option, to be thrown by the set-up call that was given it.
 *
 *     throw optionError('start(): unknown option "servce"; did you mean "service"?');
 */
export function optionError(message: string): OptionError {
  return Object.assign(new TypeError(message), { code: 'ERR_THROUGHLINE_OPTION' as const });
}

/** The error for a wrong argument: `span.wrap(): expected a function, got "text"`. A `hint` says what may be meant. */
export function wrongArgument(caller: string, expected: string, came: unknown, hint = ''): OptionError {
  return optionError(`${caller}(): expected ${expected}, got ${showValue(came)}${tail(hint)}`);
}

/** `; did you mean "service"?`, or nothing. */
export function tail(hint: string): string {
  return hint === '' ? '' : `; ${hint}`;
}

/** A value as an error message shows it: short, on one line, never throwing. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(short(value));
  if (value === null) return 'null';
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return short(String(value));
  const tag = tagOf(value);
  return tag === undefined
    ? 'an object'
    : `${/^[AE]/.test(tag) ? 'an' : 'a'} ${tag === 'RegExp' ? tag : tag.toLowerCase()}`;
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const BUILT_IN = /^\[object (Array|Boolean|Date|Error|Map|Number|Promise|RegExp|Set|String)\]$/;

/** The kind of an object that is no bag of names: `Array`, `Date`, `Promise`. Never throws. */
export function tagOf(value: unknown): string | undefined {
  try {
    return BUILT_IN.exec(Object.prototype.toString.call(value))?.[1];
  } catch {
    return undefined; // a revoked Proxy
  }
}

/**
 * The candidate that `name` was probably meant for, for "did you mean": at most two edits away, and less than half of
 * a short word, or `url` would be taken for `ttl`. The closest first.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > 2) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance <= Math.max(name.length, candidate.length) / 2) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean "service"?`, or which names there are. */
export function hintAt(name: unknown, candidates: readonly string[]): string {
  const near = typeof name === 'string' ? nearestName(name, candidates) : undefined;
  return near === undefined ? `known are ${candidates.join(', ')}` : `did you mean "${near}"?`;
}

/** `did you mean "http://collector:4318"?` for a host without a scheme; `localhost:4318` parses as one of its own. */
export function nearestUrl(text: string): string {
  const url = `http://${text}`;
  return /^[\w.-]+(:\d+)?(\/|$)/.test(text) && URL.canParse(url) ? `did you mean ${showValue(url)}?` : '';
}

/** Levenshtein distance, one row at a time. Names are short: candidates of another length were left out before. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
