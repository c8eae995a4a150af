import type { SpanRecord } from '../core/record.ts';
import { asList, asObject, textOf } from '../leaves/json-value.ts';
import { parseBoundedJson } from './bounded-json.ts';
import type { DecodedTraceRequest } from './decoded-request.ts';
import { decodeAnyId } from './hex-id.ts';
import { decodeJaegerTraces } from './jaeger-json-decode.ts';
import { decodeResourceSpans } from './otlp-json-decode.ts';
import { decodeZipkinSpans } from './zipkin-json-decode.ts';
import { isZipkinV1Span, v2SpansOf } from './zipkin-v1-decode.ts';

/** The spans of a JSON text, whatever tool wrote it. */
export interface FoundSpans {
  readonly records: readonly SpanRecord[];
  /** `spans`: a shape of spans, perhaps with none in it. `other`: JSON of something else. `unreadable`: no JSON. */
  readonly kind: 'spans' | 'other' | 'unreadable';
  /** The part that could not be read, for a person. */
  readonly problem?: string | undefined;
}

type Fields = Record<string, unknown>;

/** As deep as OTLP may nest the values of attributes. */
const MAX_DEPTH = 256;

const BYTE_ORDER_MARK = 0xfeff;

/** An answer in an answer in a list, and one more. */
const MAX_ENVELOPES = 6;

/**
 * Reads spans from JSON by looking at it: OTLP (also as lists, with ids in base64, with the scope names of old, in
 * the envelopes of Tempo and Jaeger v3), Jaeger's traces and spans, Zipkin's v1 and v2 and lists of its traces.
 * Never throws.
 */
export function findSpans(text: string): FoundSpans {
  const parsed = parseBoundedJson(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text, MAX_DEPTH);
  if ('problem' in parsed) return { records: [], kind: 'unreadable', problem: parsed.problem };
  const finder = new SpanFinder();
  if (finder.look(parsed.value, 0)) return finder.found();
  return { records: [], kind: 'other', problem: describeOther(parsed.value) };
}

class SpanFinder {
  readonly #records: SpanRecord[] = [];
  #rejected = 0;
  #reason: string | undefined;

  found(): FoundSpans {
    const [records, rejected] = [this.#records, this.#rejected];
    if (rejected === 0) return { records, kind: 'spans' };
    const rest = records.length > 0 ? `; the other ${records.length} were read` : '';
    const noun = rejected === 1 ? 'span' : 'spans';
    return { records, kind: 'spans', problem: `${rejected} ${noun} cannot be read: ${this.#reason}${rest}` };
  }

  /** True when it is of a shape that holds spans. */
  look(value: unknown, level: number): boolean {
    if (level > MAX_ENVELOPES) return false;
    if (Array.isArray(value)) return this.#lookAtList(value, level);
    const object = asObject(value);
    return object !== undefined && this.#lookAtObject(object, level);
  }

  #lookAtObject(object: Fields, level: number): boolean {
    const groups = object.resourceSpans ?? object.batches;
    if (Array.isArray(groups)) return this.#add(decodeResourceSpans(groups, decodeAnyId));
    if (isResourceSpans(object)) return this.#add(decodeResourceSpans([object], decodeAnyId));
    if (Array.isArray(object.resource_spans)) return this.look(camelKeys(object), level + 1);
    if (isJaegerTrace(object) || isJaegerSpan(object) || isZipkinSpan(object)) return this.#lookAtList([object], level);
    // Jaeger's v1 and v3, Tempo's v2, and what names its message.
    const inner = [object.data, object.result, object.trace, object.tracesData].find((one) => one !== undefined);
    return inner !== undefined && this.look(inner, level + 1);
  }

  /** Items of one kind are read together: halves of a call find each other. */
  #lookAtList(list: readonly unknown[], level: number): boolean {
    const objects = list.map((item) => asObject(item) ?? {});
    const zipkin = objects.filter(isZipkinSpan);
    const traces = objects.filter(isJaegerTrace);
    const spans = objects.filter(isJaegerSpan);
    if (zipkin.length > 0) {
      this.#add(decodeZipkinSpans(zipkin.flatMap((span) => (isZipkinV1Span(span) ? v2SpansOf(span) : [span]))));
    }
    if (traces.length > 0) this.#add(decodeJaegerTraces(traces));
    if (spans.length > 0) this.#add(decodeJaegerTraces({ spans, processes: {} }));
    const rest = list.filter((item) => !isKnownItem(asObject(item) ?? {}));
    const looked = rest.map((item) => this.look(item, level + 1));
    return list.length === 0 || rest.length < list.length || looked.includes(true);
  }

  #add({ records, rejected, message, malformed }: DecodedTraceRequest): boolean {
    for (const record of records) this.#records.push(record);
    this.#rejected += rejected;
    // `2 rejected: no id`: the number is ours to add up.
    this.#reason ??= message?.replace(/^\d+ rejected: /, '');
    return !malformed;
  }
}

function isKnownItem(object: Fields): boolean {
  return isZipkinSpan(object) || isJaegerTrace(object) || isJaegerSpan(object);
}

function isResourceSpans(object: Fields): boolean {
  return Array.isArray(object.scopeSpans) || Array.isArray(object.instrumentationLibrarySpans);
}

function isJaegerTrace(object: Fields): boolean {
  return Array.isArray(object.spans) && ('processes' in object || asList(object.spans).some(isJaegerItem));
}

function isJaegerItem(item: unknown): boolean {
  return isJaegerSpan(asObject(item) ?? {});
}

function isJaegerSpan(object: Fields): boolean {
  return typeof object.traceID === 'string' && typeof object.spanID === 'string';
}

function isZipkinSpan(object: Fields): boolean {
  return typeof object.traceId === 'string' && typeof object.id === 'string';
}

/** `{"resource_spans":…}`, as protobuf writes JSON when it is told to keep its own names. Keys of attributes are values. */
function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  const object = asObject(value);
  if (object === undefined) return value;
  const entries = Object.entries(object).map(([key, inner]) => [key.replace(/_[a-z]/g, upperCase), camelKeys(inner)]);
  return Object.fromEntries(entries);
}

function upperCase(underscored: string): string {
  return underscored.slice(1).toUpperCase();
}

/** JSON that holds no spans: what it is instead. */
function describeOther(value: unknown): string {
  const object = asObject(value);
  const [error] = asList(object?.errors);
  const answer = textOf(asObject(error)?.msg);
  if (answer !== undefined && object?.data == null) return `an answer that says: ${answer.slice(0, 200)}`;
  if (object?.resourceLogs !== undefined) return 'OTLP logs, no traces (give traces a file of their own)';
  if (object?.resourceMetrics !== undefined) return 'OTLP metrics, no traces (give traces a file of their own)';
  return 'JSON, but no spans of OTLP, Jaeger, Zipkin or Tempo';
}
