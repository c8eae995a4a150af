import { skipOws, trimOwsEnd } from './characters.ts';
import {
  FLAG_SAMPLED,
  type Getter,
  NO_SPAN_ID,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
  type Setter,
  type SpanContext,
  type TraceId,
} from './context.ts';
import type { Variables } from './environment-variables.ts';
import { format } from './format.ts';
import { cut, namesTrace, readSpanId, readTraceId } from './id-text.ts';

const HEADER = 'x-amzn-trace-id';
/** The variable in which Lambda says it, anew for each invocation. */
const LAMBDA_VARIABLE = '_X_AMZN_TRACE_ID';
/** The fields that are not ours, in the vendor fields of a context. */
const VENDOR_FIELDS = 'xray.fields';
/** The most that is looked at: callers may add fields of their own, but not without end. */
const MAX_LENGTH = 8192;

// AWS X-Ray, Tracing header: Root = version "-" time "-" number, all in hex
// 1 - 5759e988 - bd862e3fe1be46a994272793
// 0   2          11                       35
const ROOT_LENGTH = 35;
const TIME_START = 2;
const TIME_END = 10;
const NUMBER_START = 11;

const DASH = 0x2d;
const ONE = 0x31;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/**
 * AWS X-Ray: `X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
 * A load balancer sends the `Root` alone, or behind a `Self`: its trace is continued without a parent, and
 * the decision is ours. X-Ray has no debug mark, random flag or tracestate: they are left out.
 *
 * Fields that are not ours (`Lineage`, by which Lambda stops endless loops, the app's own) are sent on: those of the
 * header that stands in the request, else those that came. `Self` is the load balancer's own and ends here.
 */
export const xray: Propagator = format({
  name: 'xray',
  fields: [HEADER],
  extract: extractXray,
  inject: injectXray,
});

/**
 * The same on AWS Lambda, by the name that OpenTelemetry gives it (`xray-lambda`): what Lambda says of the invocation, in
 * `_X_AMZN_TRACE_ID` of `variables`, comes before the header, whose parent lies further up.
 */
export function xrayLambda(variables: Variables): Propagator {
  return Object.freeze({
    name: 'xray-lambda',
    fields: xray.fields,
    extract<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
      const said = variables[LAMBDA_VARIABLE];
      const found = said === undefined || said.length > MAX_LENGTH ? undefined : parseXray(said);
      return found ?? extractXray(carrier, getter);
    },
    inject: injectXray,
  });
}

function extractXray<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const header = getter.get(carrier, HEADER);
  return typeof header === 'string' && header.length <= MAX_LENGTH ? parseXray(header) : undefined;
}

function parseXray(header: string): RemoteContext | undefined {
  const fields = readFields(header);
  const traceId = fields?.root && readRoot(fields.root);
  if (fields === undefined || !traceId) return undefined;
  const spanId = fields.parent === '' ? undefined : readSpanId(fields.parent);
  if (spanId === undefined && fields.parent !== '') return undefined;
  return {
    traceId,
    spanId,
    sampled: readSampled(fields.sampled),
    random: false,
    debug: false,
    traceState: undefined,
    baggage: undefined,
    vendor: fields.others === '' ? undefined : { [VENDOR_FIELDS]: fields.others },
  };
}

/** The fields that we understand; `''` for one that is not there. */
interface XrayFields {
  root: string;
  parent: string;
  sampled: string;
  /** All others but `Self`, as they came: `Lineage=1:a87bd80c:5`. */
  others: string;
}

type KnownField = Exclude<keyof XrayFields, 'others'>;

const FIELD_BY_NAME: ReadonlyMap<string, KnownField> = new Map([
  ['Root', 'root'],
  ['Parent', 'parent'],
  ['Sampled', 'sampled'],
]);
const LONGEST_NAME = 7;

/** The most that is sent on of fields that are not ours: whole ones, the first ones. */
const MAX_OTHERS = 512;
/** `name=value` in visible ASCII. */
const OTHER_FIELD = /^(?!Self=)[\x21-\x3a\x3c\x3e-\x7e]+=[\x20-\x3a\x3c-\x7e]*$/;

/**
 * Fields come in any order, and spaces around them do not count. Undefined when one of the three that we
 * understand comes twice: nobody knows which one holds.
 */
function readFields(header: string): XrayFields | undefined {
  const fields: XrayFields = { root: '', parent: '', sampled: '', others: '' };
  for (let start = 0; start < header.length; ) {
    const equals = indexWithin(header, EQUALS, SEMICOLON, start);
    const end = indexWithin(header, SEMICOLON, SEMICOLON, equals);
    const field = equals === end ? undefined : fieldNamed(header, start, equals);
    if (field !== undefined) {
      if (fields[field] !== '') return undefined;
      const valueStart = skipOws(header, equals + 1, end);
      fields[field] = cut(header, valueStart, trimOwsEnd(header, valueStart, end));
    } else if (fields.others.length + end - start < MAX_OTHERS) {
      fields.others = withField(fields.others, header.slice(start, end).trim());
    }
    start = end + 1;
  }
  return fields;
}

function withField(others: string, field: string): string {
  if (!OTHER_FIELD.test(field)) return others;
  return others === '' ? field : `${others};${field}`;
}

/** Names are exact, in their case too. */
function fieldNamed(header: string, start: number, equals: number): KnownField | undefined {
  const nameStart = skipOws(header, start, equals);
  const nameEnd = trimOwsEnd(header, nameStart, equals);
  return nameEnd - nameStart > LONGEST_NAME ? undefined : FIELD_BY_NAME.get(header.slice(nameStart, nameEnd));
}

/** The first place of one of two characters, or the end of the text. */
function indexWithin(text: string, one: number, other: number, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) !== one && text.charCodeAt(at) !== other) at += 1;
  return at;
}

/** Version 1 is the only one there is. The time and the number are one trace id of 128 bits to everybody else. */
function readRoot(root: string): TraceId | undefined {
  if (root.length !== ROOT_LENGTH || root.charCodeAt(0) !== ONE) return undefined;
  if (root.charCodeAt(TIME_START - 1) !== DASH || root.charCodeAt(TIME_END) !== DASH) return undefined;
  return readTraceId(root.slice(TIME_START, TIME_END) + root.slice(NUMBER_START));
}

/** `?` asks the next service to decide; so does a field that is missing or says something else. */
function readSampled(value: string): boolean | undefined {
  if (value === '1') return true;
  return value === '0' ? false : undefined;
}

function injectXray<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const { span } = context;
  if (!namesTrace(span)) return;
  const others = standingFields(setter.get?.(carrier, HEADER)) ?? cameFields(span);
  setter.set(carrier, HEADER, others === '' ? formatXray(span) : `${formatXray(span)};${others}`);
}

/** The fields that are not ours of the header that a request of the app's has; undefined where it has none. */
function standingFields(header: unknown): string | undefined {
  return typeof header === 'string' && header.length <= MAX_LENGTH ? readFields(header)?.others : undefined;
}

/** The same of the header that came. An app may have put anything there. */
function cameFields({ vendor }: SpanContext): string {
  const others: unknown = vendor?.[VENDOR_FIELDS];
  return typeof others === 'string' && others.length < MAX_OTHERS ? (readFields(others)?.others ?? '') : '';
}

function formatXray(span: SpanContext): string {
  const root = `Root=1-${span.traceId.slice(0, 8)}-${span.traceId.slice(8)}`;
  const parent = span.spanId === NO_SPAN_ID ? root : `${root};Parent=${span.spanId}`;
  if (span.deferred === true) return parent;
  return (span.traceFlags & FLAG_SAMPLED) !== 0 ? `${parent};Sampled=1` : `${parent};Sampled=0`;
}
