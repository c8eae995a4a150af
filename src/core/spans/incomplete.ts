import type { OpenSpan } from '../decide/open-span.ts';

/** True on a span that was still open when the tracer was shut down or the process ended. */
const INCOMPLETE = 'throughline.incomplete';

/**
 * Ends every open span with its duration up to now, marked `throughline.incomplete`: what was going on
 * when a process ended is what one wants to know most. Later calls on them do nothing, as on any ended
 * span. The newest first, so that scopes close from the inside out.
 */
export function endOpenSpans(ledger: { openSpans(): OpenSpan[] }): void {
  for (const span of ledger.openSpans().reverse()) {
    const { record } = span;
    // Not by setAttribute: a span that has all the attributes it may have is incomplete all the same.
    if (record !== undefined) record.attributes = { ...record.attributes, [INCOMPLETE]: true };
    span.end();
  }
}
