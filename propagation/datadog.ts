import { characterClass, characterRange, isRunOf } from './characters.ts';
import {
  FLAG_SAMPLED,
  type Getter,
  NO_SPAN_ID,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
  type Setter,
  type SpanContext,
  type SpanId,
  type VendorFields,
} from './context.ts';
import { findTags, joinTags } from './datadog-tags.ts';
import { format } from './format.ts';
import { cut, decimalToHex, hexToDecimal, namesTrace, spanIdToDecimal } from './id-text.ts';
import { setOrRemove } from './set-or-remove.ts';

const TRACE_ID = 'x-datadog-trace-id';
const PARENT_ID = 'x-datadog-parent-id';
const PRIORITY = 'x-datadog-sampling-priority';
const ORIGIN = 'x-datadog-origin';
const TAGS = 'x-datadog-tags';

const VENDOR_PRIORITY = 'datadog.sampling-priority';
const VENDOR_ORIGIN = 'datadog.origin';
const VENDOR_TAGS = 'datadog.tags';

/** The upper half of a trace id of Datadog's, which has 64 bits. */
const ZERO_HALF: string = NO_SPAN_ID;
/** -1 = the user drops, 0 = the sampler drops, 1 = the sampler keeps, 2 = the user keeps. */
const DROPS: readonly unknown[] = ['-1', '0'];
const KEEPS: readonly unknown[] = ['1', '2'];
/** An origin is a word: `rum`, `synthetics-browser`. */
const ORIGIN_CHARACTER = characterClass(characterRange(0x21, 0x7e, ','));
const MAX_ORIGIN_LENGTH = 128;

/**
 * Datadog: `x-datadog-trace-id` (the lower 64 bits, decimal), `-parent-id` (decimal), `-sampling-priority`,
 * `-origin` and `-tags`, where `_dd.p.tid` has the upper 64 bits. A parent id that is missing or 0 continues
 * the trace without a parent; without a priority the decision is ours. Priority, origin and the other
 * `_dd.p.` tags are kept with the trace and sent on; the priority as long as the decision stays as it was.
 */
export const datadog: Propagator = format({
  name: 'datadog',
  fields: [TRACE_ID, PARENT_ID, PRIORITY, ORIGIN, TAGS],
  extract: extractDatadog,
  inject: injectDatadog,
});

function extractDatadog<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const lower = wholeDecimal(getter.get(carrier, TRACE_ID));
  if (lower === undefined || lower === ZERO_HALF) return undefined;
  const parent = getter.get(carrier, PARENT_ID) ?? '';
  const spanId: SpanId | undefined = parent === '' ? NO_SPAN_ID : wholeDecimal(parent);
  if (spanId === undefined) return undefined;
  const tagsText = getter.get(carrier, TAGS);
  const tags = findTags(typeof tagsText === 'string' ? tagsText : '');
  const priority = getter.get(carrier, PRIORITY);
  return {
    traceId: (tags.upper ?? ZERO_HALF) + lower,
    spanId: spanId === NO_SPAN_ID ? undefined : spanId,
    sampled: readPriority(priority),
    random: false, // W3C Trace Context 9.4: a padded id is not random, and the format has no flag for others
    debug: false,
    traceState: undefined,
    baggage: undefined,
    vendor: vendorFields(priority, getter.get(carrier, ORIGIN), joinTags('', tags, true)),
  };
}

function wholeDecimal(text: unknown): string | undefined {
  return typeof text === 'string' ? decimalToHex(text, 0, text.length) : undefined;
}

function readPriority(priority: unknown): boolean | undefined {
  if (KEEPS.includes(priority)) return true;
  return DROPS.includes(priority) ? false : undefined;
}

function vendorFields(
  priority: string | undefined,
  origin: string | undefined,
  tags: string,
): VendorFields | undefined {
  const fields: Record<string, string> = {};
  if (priority !== undefined && readPriority(priority) !== undefined) fields[VENDOR_PRIORITY] = priority;
  if (isOrigin(origin)) fields[VENDOR_ORIGIN] = cut(origin, 0, origin.length);
  if (tags !== '') fields[VENDOR_TAGS] = tags;
  return Object.keys(fields).length === 0 ? undefined : fields;
}

function isOrigin(origin: unknown): origin is string {
  if (typeof origin !== 'string' || origin === '' || origin.length > MAX_ORIGIN_LENGTH) return false;
  return isRunOf(origin, ORIGIN_CHARACTER);
}

function injectDatadog<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const { span } = context;
  if (!namesTrace(span)) return;
  if (span.traceId.endsWith(ZERO_HALF)) return; // Datadog has no trace 0: this one cannot be named
  setter.set(carrier, TRACE_ID, hexToDecimal(span.traceId, ZERO_HALF.length));
  setter.set(carrier, PARENT_ID, spanIdToDecimal(span.spanId));
  if (span.vendor === undefined) injectPlain(span, carrier, setter);
  else injectVendor(span, carrier, setter);
}

/** Of a trace that did not come from Datadog, as most: nothing to look up and to check. */
function injectPlain<Carrier>(span: SpanContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const upper = span.traceId.startsWith(ZERO_HALF) ? undefined : `_dd.p.tid=${span.traceId.slice(0, 16)}`;
  setOrRemove(carrier, setter, PRIORITY, decidedPriority(span));
  setOrRemove(carrier, setter, TAGS, upper); // of another trace they may hold half of its id
  setter.remove?.(carrier, ORIGIN);
}

function decidedPriority(span: SpanContext): string | undefined {
  if (span.deferred === true) return undefined;
  return isSampled(span) ? '1' : '0';
}

function isSampled(span: SpanContext): boolean {
  return (span.traceFlags & FLAG_SAMPLED) !== 0;
}

function injectVendor<Carrier>(span: SpanContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const kept = vendorField(span, VENDOR_PRIORITY);
  const isKept = kept !== undefined && readPriority(kept) === isSampled(span);
  setOrRemove(carrier, setter, PRIORITY, isKept ? kept : decidedPriority(span));
  const origin = vendorField(span, VENDOR_ORIGIN);
  setOrRemove(carrier, setter, ORIGIN, isOrigin(origin) ? origin : undefined);
  const upper = span.traceId.slice(0, 16);
  const others = vendorField(span, VENDOR_TAGS);
  const tags = joinTags(upper === ZERO_HALF ? '' : upper, findTags(others ?? ''), isKept);
  setOrRemove(carrier, setter, TAGS, tags === '' ? undefined : tags);
}

/** Vendor fields may be the app's own: what is read here is checked as if it came off the wire. */
function vendorField(span: SpanContext, name: string): string | undefined {
  try {
    const value: unknown = span.vendor?.[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
