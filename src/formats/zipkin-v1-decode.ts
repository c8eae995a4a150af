import { asList, asObject } from '../leaves/json-value.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { type DecodedTraceRequest, malformedRequest } from './decoded-request.ts';
import { decodeZipkinSpans } from './zipkin-json-decode.ts';

type Fields = Record<string, unknown>;

const MAX_DEPTH = 64;

/** The core annotations of v1: what they begin and end says what the span was. */
const HALVES = [
  { kind: 'CLIENT', begin: 'cs', end: 'cr', remote: 'sa' },
  { kind: 'SERVER', begin: 'sr', end: 'ss', remote: 'ca' },
  { kind: 'PRODUCER', begin: 'ms', end: 'ms', remote: 'ma' },
  { kind: 'CONSUMER', begin: 'mr', end: 'mr', remote: 'ma' },
] as const;
const CORE: ReadonlySet<unknown> = new Set(HALVES.flatMap(({ begin, end }) => [begin, end]));
const ADDRESSES: ReadonlySet<unknown> = new Set(['sa', 'ca', 'ma']);

/**
 * Reads the body of Zipkin's `POST /api/v1/spans`, which older tracers send. A v1 span may hold both
 * halves of a call: it becomes two of v2, then {@link decodeZipkinSpans} reads them. Never throws.
 */
export function decodeZipkinV1Spans(json: unknown): DecodedTraceRequest {
  const parsed = typeof json === 'string' ? parseBoundedJson(json, MAX_DEPTH) : { value: json };
  if ('problem' in parsed) return malformedRequest(parsed.problem);
  if (!Array.isArray(parsed.value)) return malformedRequest('the request must be a JSON array of spans');
  return decodeZipkinSpans(parsed.value.flatMap((item) => (asObject(item) === undefined ? [item] : v2SpansOf(item))));
}

/** True for a span that says what only v1 says: who noted its annotations. */
export function isZipkinV1Span(span: Fields): boolean {
  return 'binaryAnnotations' in span || asList(span.annotations).some((item) => 'endpoint' in (asObject(item) ?? {}));
}

/** A v1 span as the one or two of v2 that it holds. */
export function v2SpansOf(span: Fields): Fields[] {
  const annotations = asList(span.annotations).map((item) => asObject(item) ?? {});
  const binary = asList(span.binaryAnnotations).map((item) => asObject(item) ?? {});
  const halves = HALVES.filter(({ begin, end }) => annotations.some(({ value }) => value === begin || value === end));
  const common = { traceId: span.traceId, id: span.id, parentId: span.parentId, name: span.name };
  if (halves.length === 0) {
    const localEndpoint = firstEndpoint([...binary, ...annotations]);
    const own = { timestamp: span.timestamp, duration: span.duration, localEndpoint };
    return [{ ...common, ...own, annotations: plain(annotations), tags: tagsOf(binary) }];
  }
  return halves.map(({ kind, begin, end, remote }, n) => {
    const first = annotations.find(({ value }) => value === begin);
    const last = annotations.find(({ value }) => value === end);
    const localEndpoint = asObject(first?.endpoint) ?? asObject(last?.endpoint);
    return {
      ...common,
      kind,
      // The span's own times are those of the half that began it.
      timestamp: (n === 0 ? span.timestamp : undefined) ?? first?.timestamp ?? last?.timestamp,
      duration: (n === 0 ? span.duration : undefined) ?? between(first?.timestamp, last?.timestamp),
      shared: kind === 'SERVER' && halves.length > 1,
      localEndpoint,
      remoteEndpoint: asObject(binary.find(({ key }) => key === remote)?.endpoint),
      annotations: plain(annotations.filter((item) => belongsTo(item, localEndpoint, n))),
      tags: tagsOf(binary.filter((item) => belongsTo(item, localEndpoint, n))),
    };
  });
}

/** By the service that noted it; what names none stands with the first half. */
function belongsTo(item: Fields, local: Fields | undefined, half: number): boolean {
  const service = asObject(item.endpoint)?.serviceName;
  return service === undefined ? half === 0 : service === local?.serviceName;
}

function plain(annotations: readonly Fields[]): Fields[] {
  return annotations.filter(({ value }) => !CORE.has(value));
}

/** `lc` is the name of a local component; addresses were read before. */
function tagsOf(binary: readonly Fields[]): Fields {
  const tags = binary.filter(({ key, value }) => typeof key === 'string' && !(ADDRESSES.has(key) && value === true));
  return Object.fromEntries(tags.map(({ key, value }) => [String(key), value]));
}

function firstEndpoint(items: readonly Fields[]): Fields | undefined {
  for (const { key, endpoint } of items) if (!ADDRESSES.has(key) && asObject(endpoint)) return asObject(endpoint);
  return undefined;
}

function between(start: unknown, end: unknown): number | undefined {
  return typeof start === 'number' && typeof end === 'number' && end > start ? end - start : undefined;
}
