import type { Attributes, AttributeValue, Resource, SpanEvent, SpanRecord } from '../core/record.ts';
import { groupBy } from '../leaves/grouping.ts';
import {
  type JaegerProcess,
  type JaegerReference,
  type JaegerSpan,
  type JaegerTag,
  type JaegerTrace,
  type JaegerTraces,
  JAEGER_TAG as TAG,
} from './jaeger-span.ts';
import { ResourceNumbers } from './resource-numbers.ts';

/** Spans of any number of traces as the JSON that Jaeger's UI opens. Never throws for finished records. */
export function encodeJaegerTraces(records: readonly SpanRecord[]): string {
  return JSON.stringify(jaegerTracesOf(records));
}

/** The same as an object: what Jaeger's API answers. */
function jaegerTracesOf(records: readonly SpanRecord[]): JaegerTraces {
  const traces = groupBy(records, (record) => record.traceId);
  const data = [...traces].map(([traceId, spans]) => jaegerTraceOf(traceId, spans));
  return { data, total: data.length, limit: 0, offset: 0, errors: null };
}

function jaegerTraceOf(traceID: string, records: readonly SpanRecord[]): JaegerTrace {
  const numbers = new ResourceNumbers();
  const processes: Record<string, JaegerProcess> = {};
  const spans = records.map((record) => {
    const { number, isNew } = numbers.numberOf(record.resource);
    if (isNew) processes[`p${number}`] = processOf(record.resource);
    return jaegerSpanOf(record, `p${number}`);
  });
  return { traceID, spans, processes, warnings: null };
}

function processOf({ attributes }: Resource): JaegerProcess {
  const { 'service.name': service, ...rest } = attributes;
  return { serviceName: typeof service === 'string' ? service : '', tags: tagsOfAttributes(rest) };
}

function jaegerSpanOf(record: SpanRecord, processID: string): JaegerSpan {
  return {
    traceID: record.traceId,
    spanID: record.spanId,
    flags: record.flags & 1, // Jaeger's second bit means debug, W3C's that the trace id is random
    operationName: record.name,
    references: referencesOf(record),
    startTime: micros(record.startTimeMs),
    duration: micros(record.durationMs),
    tags: tagsOf(record),
    logs: record.events.map(logOf),
    processID,
    warnings: null,
  };
}

function referencesOf({ traceId, parentSpanId, links }: SpanRecord): JaegerReference[] {
  const references = links.map(({ context }): JaegerReference => {
    return { refType: 'FOLLOWS_FROM', traceID: context.traceId, spanID: context.spanId };
  });
  if (parentSpanId !== undefined) references.unshift({ refType: 'CHILD_OF', traceID: traceId, spanID: parentSpanId });
  return references;
}

function tagsOf(record: SpanRecord): JaegerTag[] {
  const { status, scope } = record;
  const said = {
    [TAG.kind]: record.kind,
    ...(status.code !== 'unset' && { [TAG.status]: status.code.toUpperCase() }),
    ...(status.code === 'error' && { [TAG.error]: true }),
    ...(status.message !== undefined && { [TAG.statusMessage]: status.message }),
    ...(scope.name !== '' && { [TAG.scopeName]: scope.name }),
    ...(scope.version !== undefined && { [TAG.scopeVersion]: scope.version }),
    ...(record.traceState !== undefined && { [TAG.traceState]: record.traceState }),
    ...countOf(TAG.droppedAttributes, record.droppedAttributesCount),
    ...countOf(TAG.droppedEvents, record.droppedEventsCount),
    ...countOf(TAG.droppedLinks, record.droppedLinksCount),
  };
  const own = tagsOfAttributes(record.attributes).filter(({ key }) => !Object.hasOwn(said, key));
  return [...own, ...tagsOfAttributes(said)];
}

function countOf(key: string, count: number): Attributes {
  return count > 0 ? { [key]: count } : {};
}

function tagsOfAttributes(attributes: Attributes): JaegerTag[] {
  const tags: JaegerTag[] = [];
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) tags.push(tagOf(key, value));
  }
  return tags;
}

/** Lists become JSON; a double that JSON has no number for its name. */
function tagOf(key: string, value: AttributeValue): JaegerTag {
  if (typeof value === 'string') return { key, type: 'string', value };
  if (typeof value === 'boolean') return { key, type: 'bool', value };
  if (typeof value !== 'number') return { key, type: 'string', value: JSON.stringify(value) };
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { key, type: 'int64', value };
  return { key, type: 'float64', value: Number.isFinite(value) ? value : String(value) };
}

function logOf({ name, timeMs, attributes }: SpanEvent): JaegerSpan['logs'][number] {
  const fields = tagsOfAttributes(attributes).filter(({ key }) => key !== TAG.event);
  return { timestamp: micros(timeMs), fields: [tagOf(TAG.event, name), ...fields] };
}

function micros(ms: number): number {
  const whole = Math.round(ms * 1000);
  return Number.isSafeInteger(whole) && whole > 0 ? whole : 0;
}
