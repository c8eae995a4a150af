/** A set-up mistake in code. `code` is for programs, the message says option, expectation and value. */
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

/**
 * Throws {@link optionError} for the first own key of `options` that is not in `known`:
 * `otlp(): unknown option "endpont"; did you mean "endpoint"?` With `group` the name is shown behind it: `limits.evnts`.
 */
export function refuseUnknownOptions(call: string, options: object, known: readonly string[], group = ''): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearestName(key, known);
    const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
    throw optionError(`${call}(): unknown option ${showValue(group + key)}; ${hint}`);
  }
}

/** A value as an error message shows it: short, on one line, never throwing. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** The candidate at most two edits away from `name`, the closest first; for "did you mean". */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > 2) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
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
