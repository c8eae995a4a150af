import { isProduction, sayOnce } from '../diagnostics.ts';
import { showValue } from '../options/errors.ts';
import type { Span } from '../span.ts';

/** Names that were spoken of: whoever makes a name of each id must not have a line of each. */
const named = new Set<string>();
const MOST_NAMES = 20;

/**
 * Marks a span whose function handed back a lazy thenable: its duration is not that of the work. Running it is the
 * caller's to do, so the span says so, and outside production one line a name.
 */
export function noteThenable(name: string, span: Span): void {
  span.setAttribute('throughline.thenable', true);
  if (isProduction || named.has(name) || named.size >= MOST_NAMES) return;
  named.add(name);
  sayOnce(
    `span ${showValue(name)} was given a thenable that is no native promise, and ended at once; await it inside: ` +
      'async () => await query',
  );
}
