import { tracecontext } from '../../propagation/tracecontext.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import { activeScope } from '../../src/core/scope/scope.ts';
import { contextOf } from '../../src/core/spans/given-context.ts';

/** The active context as a `<meta>` element; empty without one. Never throws. */
export function metaTag(): string {
  try {
    const { span } = activeScope();
    if (span === undefined) return '';
    const carrier: { traceparent?: string } = {};
    tracecontext.inject({ span: contextOf(span), baggage: undefined }, carrier, INTO_CARRIER);
    return carrier.traceparent === undefined ? '' : `<meta name="traceparent" content="${carrier.traceparent}">`;
  } catch (error) {
    noteFault('tracing.metaTag()', error);
    return '';
  }
}

/** Hex digits and hyphens alone: a span of another make, whose ids are anything, must not write into a page. */
const SAFE = /^[0-9a-f-]+$/;

const INTO_CARRIER = {
  set(carrier: { traceparent?: string }, name: string, value: string): void {
    if (name === 'traceparent' && SAFE.test(value)) carrier.traceparent = value;
  },
};
