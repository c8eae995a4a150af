import { serviceName } from '../analysis/tree.ts';
import type { Attributes, AttributeValue, SpanRecord } from '../core/record.ts';
import type { TraceQuery } from './span-store.ts';

/** A test of a span by all criteria of a query but those about the trace (`from`, `to`). */
export type SpanMatcher = (span: SpanRecord) => boolean;

/** Looks at the query once, so that only what it asks for is compared for each span. */
export function spanMatcher(query: TraceQuery): SpanMatcher {
  const criteria: SpanMatcher[] = [];
  const { service, operation, attributes = {}, minDurationMs, maxDurationMs, error } = query;
  if (service !== undefined) criteria.push((span) => serviceName(span) === service);
  if (operation !== undefined) criteria.push((span) => span.name === operation);
  if (minDurationMs !== undefined) criteria.push((span) => span.durationMs >= minDurationMs);
  if (maxDurationMs !== undefined) criteria.push((span) => span.durationMs <= maxDurationMs);
  const { status, route } = query;
  if (status !== undefined) criteria.push((span) => hasStatus(span, status));
  if (route !== undefined) criteria.push((span) => span.attributes['http.route'] === route);
  if (error !== undefined) criteria.push((span) => (span.status.code === 'error') === error);
  for (const [key, value] of Object.entries(attributes)) criteria.push((span) => hasAttribute(span, key, value));
  return (span) => criteria.every((holds) => holds(span));
}

/** The status itself, or its class where that is one digit. */
function hasStatus({ attributes }: SpanRecord, wanted: number): boolean {
  const status = Number(attributes['http.response.status_code'] ?? attributes['http.status_code']);
  return wanted < 10 ? Math.floor(status / 100) === wanted : status === wanted;
}

/** True where the span, or what made it, has the attribute with this value, as text: `http.response.status_code=503`. */
function hasAttribute(span: SpanRecord, key: string, value: string): boolean {
  return valueIs(own(span.attributes, key), value) || valueIs(own(span.resource.attributes, key), value);
}

function own(attributes: Attributes, key: string): AttributeValue | undefined {
  return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
}

function valueIs(actual: AttributeValue | undefined, wanted: string): boolean {
  if (actual === undefined || actual === null) return false;
  if (typeof actual === 'object') return actual.some((item) => item !== null && String(item) === wanted);
  return String(actual) === wanted;
}
