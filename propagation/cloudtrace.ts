import { characterClass, DIGITS, skipRun } from './characters.ts';
import {
  FLAG_SAMPLED,
  type Getter,
  NO_SPAN_ID,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
  type Setter,
  type SpanContext,
} from './context.ts';
import { format } from './format.ts';
import { decimalToHex, namesTrace, readTraceId, spanIdToDecimal } from './id-text.ts';

const HEADER = 'x-cloud-trace-context';

// Google Cloud, Trace context: TRACE_ID [ "/" SPAN_ID ] [ ";o=" OPTIONS ]
// 105445aa7843bc8bf206b12000100000 / 1 ;o=1
// 0                                32
const TRACE_ID_LENGTH = 32;
const OPTIONS_PREFIX = ';o=';
/** The longest there is: 32 digits, `/`, 20 digits, `;o=`, and three for the options, which are a byte. */
const MAX_LENGTH = 59;
const DIGIT = characterClass(DIGITS);
const SLASH = 0x2f;

/**
 * Google Cloud Trace: `X-Cloud-Trace-Context: 105445aa7843bc8bf206b12000100000/1;o=1`. The span id is an
 * unsigned decimal of 64 bits; where it is missing or 0, the trace is continued without a parent. Without
 * `o` the decision is ours. There is no debug mark, random flag or tracestate: they are left out.
 */
export const cloudtrace: Propagator = format({
  name: 'cloudtrace',
  fields: [HEADER],
  extract: extractCloudtrace,
  inject: injectCloudtrace,
});

function extractCloudtrace<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const header = getter.get(carrier, HEADER);
  return typeof header === 'string' && header.length <= MAX_LENGTH ? parseCloudtrace(header) : undefined;
}

function parseCloudtrace(header: string): RemoteContext | undefined {
  const traceId = readTraceId(header.slice(0, TRACE_ID_LENGTH));
  if (traceId === undefined) return undefined;
  const hasSlash = header.charCodeAt(TRACE_ID_LENGTH) === SLASH;
  const spanStart = hasSlash ? TRACE_ID_LENGTH + 1 : TRACE_ID_LENGTH;
  const spanEnd = hasSlash ? skipRun(header, spanStart, header.length, DIGIT) : spanStart;
  const spanId = spanEnd === spanStart ? NO_SPAN_ID : decimalToHex(header, spanStart, spanEnd);
  if (spanId === undefined || !isOptions(header, spanEnd)) return undefined;
  return {
    traceId,
    spanId: spanId === NO_SPAN_ID ? undefined : spanId,
    sampled: readOptions(header, spanEnd),
    random: false,
    debug: false,
    traceState: undefined,
    baggage: undefined,
    vendor: undefined,
  };
}

/** Nothing, or `;o=` and digits, which may be missing too. */
function isOptions(header: string, start: number): boolean {
  if (start === header.length) return true;
  const digits = start + OPTIONS_PREFIX.length;
  return header.startsWith(OPTIONS_PREFIX, start) && skipRun(header, digits, header.length, DIGIT) === header.length;
}

/** The options are bits; the lowest one says that the caller samples. A decimal is odd when its last digit is. */
function readOptions(header: string, start: number): boolean | undefined {
  if (header.length <= start + OPTIONS_PREFIX.length) return undefined;
  return (header.charCodeAt(header.length - 1) & 1) === 1;
}

function injectCloudtrace<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const { span } = context;
  if (namesTrace(span)) setter.set(carrier, HEADER, formatCloudtrace(span));
}

function formatCloudtrace(span: SpanContext): string {
  const { traceId, spanId } = span;
  const ids = spanId === NO_SPAN_ID ? traceId : `${traceId}/${spanIdToDecimal(spanId)}`;
  if (span.deferred === true) return ids;
  return (span.traceFlags & FLAG_SAMPLED) !== 0 ? `${ids};o=1` : `${ids};o=0`;
}
