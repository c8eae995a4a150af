/** A carrier as a plain object of header fields. */
export type Fields = Record<string, string>;

/** The promises of the writer of a format, whoever wrote it: taken from its specification, not from our code. */
export interface WireFormat {
  /** Carriers as the format writes them: where hostile ones begin. */
  readonly seeds: readonly Readonly<Fields>[];
  /** Pieces of the format's text: what hostile values are made of. */
  readonly pieces: readonly string[];
  /** The form that a field may have when it is sent; `undefined` for one that this format never sends. */
  grammarOf(field: string): RegExp | undefined;
  /** The rule that no single field shows: which fields go together. */
  agrees?(fields: Readonly<Fields>): boolean;
  /** False for a trace that the format has no name for: nothing is sent of it then. Left out: it names all. */
  names?(traceId: string): boolean;
  /** The parts of a written, complete span context that come back. A format without a trace id carries none of it. */
  readonly keeps: readonly ('traceId' | 'spanId' | 'sampled' | 'random' | 'debug' | 'traceState' | 'baggage')[];
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const HEX32 = '(?!0{32})[0-9a-f]{32}';
const HEX16 = '(?!0{16})[0-9a-f]{16}';
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const OCTETS = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const STATE_MEMBER = '[a-z0-9][a-z0-9_*/@-]{0,255}=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{1,256}(?<! )';
/** 1 to 18446744073709551615 without leading zeros; the last digits are compared in {@link isUnsigned64}. */
const DECIMAL = '[1-9][0-9]{0,19}';

/** By the names of `propagators`; one that is in the registry and not here fails the suite. */
export const wireFormats: Readonly<Record<string, WireFormat>> = {
  tracecontext: {
    seeds: [
      { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' },
      { traceparent: `00-${TRACE}-${SPAN}-03`, tracestate: '0@a@b/c=  ~!,ot=th:8;rv:6e6d1a75832a2f' },
    ],
    pieces: ['00-', 'ff-', TRACE, SPAN, '-01', 'a=1', 'k=v,', 'a@b=', 'tenant@system=1,'],
    grammarOf: byField({
      traceparent: `00-${HEX32}-${HEX16}-0[0-3]`,
      tracestate: `(?=.{1,4127}$)${listOf(STATE_MEMBER, 32)}`,
    }),
    keeps: ['traceId', 'spanId', 'sampled', 'random', 'traceState'],
  },
  baggage: {
    seeds: [{ baggage: 'userId=alice;ttl=30;internal,serverNode=DF%2028' }, { baggage: '__proto__=1,empty=,a=b=c' }],
    pieces: ['a=1', 'k=v,', ';p', ';p=1', '%20', '%FF', '%', '=', '__proto__=1,', 'a=1;p;p;p,'],
    grammarOf: byField({
      baggage: `(?=.{1,8192}$)${listOf(`${TOKEN}=${OCTETS}(?:;${TOKEN}(?:=${OCTETS})?)*`, 64)}`,
    }),
    keeps: ['baggage'],
  },
  b3: {
    seeds: [{ b3: `${TRACE}-${SPAN}-1` }, { b3: `${TRACE}-${SPAN}-d` }, { b3: '0' }],
    pieces: [TRACE, SPAN, '-', '-1', '-0', '-d', 'd', '0', '1', `-${SPAN}`],
    grammarOf: byField({ b3: `(?:(?!0+-)(?:[0-9a-f]{16}){1,2}-${HEX16}(?:-[01d])?|[01d])` }),
    keeps: ['traceId', 'spanId', 'sampled', 'debug'],
  },
  b3multi: {
    seeds: [
      { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' },
      { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-flags': '1' },
      { 'x-b3-sampled': '0' },
    ],
    pieces: [TRACE, SPAN, '0', '1', 'true', 'false', 'd', ','],
    grammarOf: byField({
      'x-b3-traceid': '(?!0+$)(?:[0-9a-f]{16}){1,2}',
      'x-b3-spanid': HEX16,
      'x-b3-sampled': '[01]',
      'x-b3-flags': '1',
    }),
    agrees: agreesAsB3Multi,
    keeps: ['traceId', 'spanId', 'sampled', 'debug'],
  },
  jaeger: {
    seeds: [
      { 'uber-trace-id': `${TRACE}:${SPAN}:0:1`, 'uberctx-user': 'alice%20b' },
      { 'uber-trace-id': `${TRACE}:${SPAN}:0:3` },
    ],
    pieces: [TRACE, SPAN, ':', ':0:', ':1', ':3', '%3A', '%3a', '1:2:0:1', 'f', '%'],
    grammarOf: (field) => {
      if (field === 'uber-trace-id') return new RegExp(`^${HEX32}:${HEX16}:0:[0-9a-f]{1,2}$`);
      return new RegExp(`^uberctx-${TOKEN}$`).test(field) ? /^(?:[!-$&-~]|%[0-9A-F]{2})*$/ : undefined;
    },
    keeps: ['traceId', 'spanId', 'sampled', 'debug'],
  },
  xray: {
    seeds: [
      { 'x-amzn-trace-id': 'Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1' },
      { 'x-amzn-trace-id': 'Self=1-67891234-12456789abcdef0123456789;Root=1-4bf92f35-77b34da6a3ce929d0e0e4736' },
    ],
    pieces: [
      'Root=',
      '1-4bf92f35-77b34da6a3ce929d0e0e4736',
      ';',
      'Parent=',
      SPAN,
      'Sampled=',
      '?',
      '1',
      'Self=',
      'a=b;',
    ],
    grammarOf: byField({
      'x-amzn-trace-id': `Root=1-(?!0{8}-0{24})[0-9a-f]{8}-[0-9a-f]{24}(?:;Parent=${HEX16})?(?:;Sampled=[01])?(?:;[!-:<>-~]+=[ -:<-~]*)*`,
    }),
    keeps: ['traceId', 'spanId', 'sampled'],
  },
  datadog: {
    seeds: [
      {
        'x-datadog-trace-id': '11803532876627986230',
        'x-datadog-parent-id': '67667974448284343',
        'x-datadog-sampling-priority': '2',
        'x-datadog-origin': 'rum',
        'x-datadog-tags': '_dd.p.tid=4bf92f3577b34da6,_dd.p.dm=-4',
      },
      { 'x-datadog-trace-id': '1', 'x-datadog-parent-id': '2', 'x-datadog-sampling-priority': '-1' },
    ],
    pieces: [
      '1',
      '18446744073709551616',
      '-1',
      '2',
      '_dd.p.tid=',
      '4bf92f3577b34da6',
      '_dd.p.a=b,',
      '_dd.p.',
      ',',
      '=',
    ],
    grammarOf: byField({
      'x-datadog-trace-id': DECIMAL,
      'x-datadog-parent-id': `(?:0|${DECIMAL})`,
      'x-datadog-sampling-priority': '(?:-1|[012])',
      'x-datadog-origin': '[\\x21-\\x7e]{1,128}',
      'x-datadog-tags':
        '(?=.{1,512}$)_dd\\.p\\.[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]+=[\\x20-\\x2b\\x2d-\\x7e]+(?:,_dd\\.p\\.[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]+=[\\x20-\\x2b\\x2d-\\x7e]+)*',
    }),
    agrees: (fields) => {
      return isUnsigned64(fields['x-datadog-trace-id']) && isUnsigned64(fields['x-datadog-parent-id']);
    },
    names: (traceId) => !traceId.endsWith('0'.repeat(16)),
    keeps: ['traceId', 'spanId', 'sampled'],
  },
  cloudtrace: {
    seeds: [
      { 'x-cloud-trace-context': `${TRACE}/67667974448284343;o=1` },
      { 'x-cloud-trace-context': `${TRACE}/18446744073709551615;o=0` },
    ],
    pieces: [TRACE, '/', '1', '18446744073709551616', ';o=', ';o=1', '0', '9'],
    grammarOf: byField({ 'x-cloud-trace-context': `${HEX32}(?:/${DECIMAL})?(?:;o=[01])?` }),
    agrees: (fields) => isUnsigned64(/\/(\d+)/.exec(fields['x-cloud-trace-context'] ?? '')?.[1]),
    keeps: ['traceId', 'spanId', 'sampled'],
  },
  requestid: {
    seeds: [{ 'x-request-id': '4bf92f35-77b3-4da6-a3ce-929d0e0e4736' }],
    pieces: ['4bf92f35', '-', '77b3', '-4da6-', 'a3ce', '929d0e0e4736', '{', '}', 'urn:uuid:'],
    grammarOf: byField({ 'x-request-id': '[!-+\\--~]{1,255}' }),
    keeps: ['traceId'],
  },
};

function byField(sources: Readonly<Record<string, string>>): (field: string) => RegExp | undefined {
  const grammar = new Map(Object.entries(sources).map(([field, source]) => [field, new RegExp(`^${source}$`)]));
  return (field) => grammar.get(field);
}

function listOf(member: string, most: number): string {
  return `${member}(?:,${member}){0,${most - 1}}`;
}

/** Ids together or not at all; debug implies the decision, which is then not sent beside it. */
function agreesAsB3Multi(fields: Readonly<Fields>): boolean {
  const hasTrace = 'x-b3-traceid' in fields;
  return hasTrace === 'x-b3-spanid' in fields && !('x-b3-flags' in fields && 'x-b3-sampled' in fields);
}

function isUnsigned64(digits: string | undefined): boolean {
  return digits === undefined || BigInt(digits) < 2n ** 64n;
}
