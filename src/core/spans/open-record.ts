import { setOwn } from '../../leaves/own-slot.ts';
import { noteFault } from '../diagnostics.ts';
import { attributeValue, bounded, copyAttributes, KEY_LENGTH, type Limits, NAME_LENGTH, ownKeys } from '../limits.ts';
import type { Attributes, Link, OpenRecord, RecordedLink, SpanEvent, SpanStatus } from '../record.ts';
import type { StatusInput } from '../span.ts';
import { linkedContext } from './given-context.ts';

/** Shared by all records without any: replaced, never pushed to. */
export const NO_ATTRIBUTES: Attributes = Object.freeze({});
export const NO_EVENTS: readonly SpanEvent[] = Object.freeze([]);
export const NO_LINKS: readonly RecordedLink[] = Object.freeze([]);
export const STATUS_UNSET: SpanStatus = Object.freeze({ code: 'unset' });
const STATUS_OK: SpanStatus = Object.freeze({ code: 'ok' });
const STATUS_ERROR: SpanStatus = Object.freeze({ code: 'error' });

// What an app says about a span, as it goes into the record: checked, cut to the limits, and counted where it
// is refused. All of it may throw what hostile objects throw: callers guard.

export function putAttribute(record: OpenRecord, key: unknown, value: unknown, limits: Limits): void {
  putCounted(record, key, value, limits, Object.keys(record.attributes).length);
}

/** Each by itself: where a getter of the app's throws, the others still count. */
export function putAttributes(record: OpenRecord, attributes: Attributes, limits: Limits): void {
  let count = Object.keys(record.attributes).length;
  for (const key of ownKeys(attributes)) {
    try {
      count = putCounted(record, key, attributes[key], limits, count);
    } catch (error) {
      noteFault('span.setAttributes', error);
    }
  }
}

/** `count` is how many there are already; returns how many there are then. Counting anew for each costs 15 ns (bench/micro/span). */
function putCounted(record: OpenRecord, key: unknown, value: unknown, limits: Limits, count: number): number {
  if (typeof key !== 'string' || key === '') return count;
  const kept = attributeValue(value, limits.attributeLength);
  if (kept === undefined) return count;
  const name = bounded(key, KEY_LENGTH);
  if (Object.hasOwn(record.attributes, name)) {
    record.attributes[name] = kept;
    return count;
  }
  if (count >= limits.attributes) {
    record.droppedAttributesCount++;
    return count;
  }
  if (record.attributes === NO_ATTRIBUTES) record.attributes = {};
  setOwn(record.attributes, name, kept);
  return count + 1;
}

export function putEvent(record: OpenRecord, name: string, timeMs: number, attributes: unknown, limits: Limits): void {
  if (record.events.length >= limits.events) {
    record.droppedEventsCount++;
    return;
  }
  const event: SpanEvent = {
    name: bounded(name, NAME_LENGTH),
    timeMs,
    ...copyAttributes(attributes, limits),
  };
  if (record.events === NO_EVENTS) record.events = [event];
  else (record.events as SpanEvent[]).push(event);
}

export function putLink(record: OpenRecord, link: Link, limits: Limits): void {
  const kept = copyLink(link, limits);
  if (kept === undefined) return;
  if (record.links.length >= limits.links) record.droppedLinksCount++;
  else if (record.links === NO_LINKS) record.links = [kept];
  else (record.links as RecordedLink[]).push(kept);
}

/** A bounded copy of a link, or undefined when it names no span. */
function copyLink(link: Link, limits: Limits): RecordedLink | undefined {
  const context = linkedContext(link.context);
  if (context === undefined) return undefined;
  const { traceId, spanId, traceFlags, isRemote, traceState } = context;
  return {
    context: { traceId, spanId, traceFlags, isRemote, traceState: traceState?.serialize() },
    ...copyAttributes(link.attributes, limits),
  };
}

/** `unset` never replaces anything, and what is `ok` stays so (OpenTelemetry, Trace API, Set Status). */
export function putStatus(record: OpenRecord, status: StatusInput, limits: Limits): void {
  const code = statusCode(status.code);
  if (code === undefined || code === 'unset' || record.status.code === 'ok') return;
  record.status = code === 'error' ? errorStatus(status.message, limits) : STATUS_OK;
}

function errorStatus(message: unknown, limits: Limits): SpanStatus {
  if (typeof message !== 'string' || message === '') return STATUS_ERROR;
  return { code: 'error', message: bounded(message, limits.attributeLength) };
}

const STATUS_CODES: readonly SpanStatus['code'][] = ['unset', 'ok', 'error'];

function statusCode(code: unknown): SpanStatus['code'] | undefined {
  return typeof code === 'number' ? STATUS_CODES[code] : STATUS_CODES.find((known) => known === code);
}
