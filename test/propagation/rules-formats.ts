import { type Rule, type RuleRow, rulesOf } from './rule.ts';

const B3_SINGLE: readonly RuleRow[] = [
  [
    '`traceid-spanid`, then a state, then a parent span id, both optional; or a state alone. Trace ids of 32 and 16 digits.',
    'B3, Single Header',
    'propagation/b3.test.ts',
    'is read in all its forms, the parent span id left aside',
  ],
  [
    'Other lengths, upper case, zero ids, unknown states, more fields or anything around: no context.',
    'B3, Single Header',
    'propagation/b3.test.ts',
    'is as none when it is malformed',
  ],
  [
    'A malformed single header leaves it to the separate ones.',
    'brave',
    'propagation/b3.test.ts',
    'leaves a malformed one to the separate headers',
  ],
  [
    'The single header wins over the separate ones; both are looked for.',
    'OpenTelemetry, API Propagators, B3 Extract (MUST)',
    'propagation/b3.test.ts',
    'wins over the separate headers, also with a decision alone',
  ],
  [
    'Given twice it is malformed.',
    'B3, Single Header; RFC 9110 5.3',
    'propagation/b3.test.ts',
    'given twice is malformed',
  ],
  [
    'A 64-bit trace id is padded on the left, is sent with its 16 digits again, and is never called random.',
    'Trace Context 3.2.2.5.2, 9.4 (MUST)',
    'propagation/b3.test.ts',
    'a padded id is 64 bits again when it is sent, and never has the random flag',
  ],
  [
    'Debug is kept, implies sampled, and is sent on.',
    'OpenTelemetry, API Propagators, B3 (MUST)',
    'propagation/b3.test.ts',
    'debug is sent in place of the decision, whatever the flags say',
  ],
];

const B3_MULTI: readonly RuleRow[] = [
  [
    'A missing state is a deferred decision, not a deny; `true` and `false` of old clients are read.',
    'B3, Sampling State',
    'propagation/b3.test.ts',
    'are read with each decision, by either propagator',
  ],
  [
    'A decision without ids is a context: a deny reaches downstream.',
    'B3, Sampling State',
    'propagation/b3.test.ts',
    'are a decision alone without ids, and nothing without a decision',
  ],
  [
    'Trace id and span id come both or neither.',
    'B3, Identifiers',
    'propagation/b3.test.ts',
    'restart the trace when an id is malformed, or one of the two is missing',
  ],
  [
    'Nonsense in Sampled begins a new trace.',
    'brave',
    'propagation/b3.test.ts',
    'restart the trace when Sampled is nonsense',
  ],
  [
    'The parent span id is passed over and never sent.',
    'OpenTelemetry, API Propagators, B3 Inject (MUST NOT)',
    'propagation/b3.test.ts',
    'do not mind what the parent span id holds',
  ],
];

const JAEGER: readonly RuleRow[] = [
  [
    'Ids shorter than 32 and 16 digits are padded on the left; the parent is left aside.',
    'Jaeger, Trace/Span Identity (MUST)',
    'propagation/jaeger.test.ts',
    'is read with ids of any length, the parent left aside',
  ],
  [
    'The value may be URL-encoded.',
    'Jaeger, Trace/Span Identity',
    'propagation/jaeger.test.ts',
    'may be URL-encoded, as far as its sender liked',
  ],
  [
    'Flags are bits: 1 sampled, 2 debug (with 1 only), 8 firehose; unknown ones are cleared.',
    'Jaeger, Trace/Span Identity',
    'propagation/jaeger.test.ts',
    'has flags that are bits: sampled, debug with sampled only, firehose; all others are cleared',
  ],
  [
    'Zero ids and any other shape: no context.',
    'Jaeger, Trace/Span Identity',
    'propagation/jaeger.test.ts',
    'is as none when it is malformed',
  ],
  [
    'Sent with exactly 32 and 16 digits, and 0 for the parent.',
    'Jaeger, Trace/Span Identity',
    'propagation/jaeger.test.ts',
    'is written with all its digits, flags as bits, and 0 for the parent',
  ],
  [
    'Baggage is read from every `uberctx-` header, also without a trace.',
    'Jaeger, Baggage',
    'propagation/jaeger.test.ts',
    'is read from every header of that prefix, with or without a trace',
  ],
  [
    'Baggage is sent one header a member, values URL-encoded.',
    'Jaeger, Baggage',
    'propagation/jaeger.test.ts',
    'is written one header a member, lower-case names and coded values',
  ],
];

const XRAY: readonly RuleRow[] = [
  [
    'Fields come in any order, with spaces around them; the trace id is the 8 and 24 digits of `Root`, version 1.',
    'AWS X-Ray, Tracing header',
    'propagation/xray.test.ts',
    'is read: …',
  ],
  [
    '`Root` alone, as load balancers send it, or behind `Self`: the trace is continued, the decision is ours.',
    'AWS X-Ray, Tracing header; Elastic Load Balancing, Request tracing',
    'propagation/xray.test.ts',
    'keeps the trace of a load balancer, which sends no parent and no decision',
  ],
  [
    'Fields of others (`Self`, `Lineage`, own ones) are passed over when the trace is read.',
    'AWS X-Ray, Tracing header',
    'propagation/xray.test.ts',
    'passes over fields that are not its own, whatever they hold',
  ],
  [
    'They are sent on, but for `Self`, up to 512 characters: Lambda stops endless loops by `Lineage`.',
    'AWS Lambda, Recursive loop detection',
    'propagation/xray.test.ts',
    'sends on fields that are not its own, and no Self of a load balancer',
  ],
  [
    'Those of a header that stands in the request already come before those that came in.',
    'AWS Lambda, Recursive loop detection',
    'propagation/xray.test.ts',
    'keeps the fields of the header that stands there, rather than those that came',
  ],
  [
    'On Lambda (`xray-lambda`) the variable `_X_AMZN_TRACE_ID` comes before the header.',
    'OpenTelemetry, AWS X-Ray Lambda propagator',
    'propagation/xray.test.ts',
    'is Lambda’s own word on Lambda, before the header',
  ],
  [
    'Names are exact: no prefix, no other case.',
    'AWS X-Ray, Tracing header',
    'propagation/xray.test.ts',
    'takes names exactly, not as a prefix and not in another case',
  ],
  [
    'Another version, ids that are none, or a field given twice: no context.',
    'AWS X-Ray, Tracing header',
    'propagation/xray.test.ts',
    'is ignored as a whole: …',
  ],
  [
    'Sent as `Root`, `Parent`, `Sampled`.',
    'AWS X-Ray, Tracing header',
    'propagation/xray.test.ts',
    'is written in one order with the decision of the span',
  ],
];

const DATADOG: readonly RuleRow[] = [
  [
    'Ids are unsigned decimals of 64 bits; the trace id is the lower half of ours.',
    'Datadog, Trace context propagation',
    'propagation/datadog.test.ts',
    'are unsigned decimals of 64 bits, the trace id the lower half of ours',
  ],
  [
    'The upper half travels in `_dd.p.tid`, as 16 lower-case hex digits.',
    'Datadog, Trace context propagation',
    'propagation/datadog.test.ts',
    'have their upper half in the tags',
  ],
  [
    'A malformed `_dd.p.tid` is ignored; the lower half stays.',
    'Datadog, Trace context propagation',
    'propagation/datadog.test.ts',
    'keep the lower half where the upper one is malformed',
  ],
  [
    'A trace whose lower half is zero has no name there: nothing is sent of it.',
    'Datadog, Trace context propagation',
    'propagation/datadog.test.ts',
    'are not written for a trace whose lower half is zero, which Datadog cannot name',
  ],
  [
    'Priorities -1 and 0 drop, 1 and 2 keep; the value stays as it came while the decision does.',
    'Datadog, Ingestion mechanisms',
    'propagation/datadog.test.ts',
    '… is sent on as it came while the decision stays',
  ],
  [
    'Another priority, or none, leaves the decision to us.',
    'Datadog, Ingestion mechanisms',
    'propagation/datadog.test.ts',
    '"…" says nothing: the decision is ours',
  ],
  [
    'Origin and the other `_dd.p.` tags are kept and sent on.',
    'Datadog, Trace context propagation',
    'propagation/datadog.test.ts',
    'are sent on',
  ],
  [
    'Tags stay within 512 characters, whole ones only.',
    'dd-trace, default of its tags header',
    'propagation/datadog.test.ts',
    'stay within 512 characters together, whole tags only, the half of the trace id first',
  ],
];

const CLOUDTRACE: readonly RuleRow[] = [
  [
    '`/span` and `;o=` may be missing: the trace is continued, the decision is ours.',
    'Google Cloud, Trace context',
    'propagation/cloudtrace.test.ts',
    'is read: …',
  ],
  [
    'The span id is an unsigned decimal of 64 bits; a greater one is none.',
    'Google Cloud, Trace context',
    'propagation/cloudtrace.test.ts',
    'reads every 64-bit decimal as a BigInt does, and no greater one',
  ],
  ['Any other shape: no context.', 'Google Cloud, Trace context', 'propagation/cloudtrace.test.ts', 'is ignored: …'],
  [
    'Sent with the decision of the span, as far as there is one.',
    'Google Cloud, Trace context',
    'propagation/cloudtrace.test.ts',
    'is written with the decision of the span, as far as there is one',
  ],
];

const REQUEST_ID: readonly RuleRow[] = [
  [
    'A UUID becomes the trace id; it has no span id and no decision.',
    'RFC 9562 4',
    'propagation/request-id.test.ts',
    'is a trace id where it is a UUID, without a span or a decision',
  ],
  [
    'Only where no other format found a context, wherever it stands in the list.',
    'our own',
    'propagation/request-id.test.ts',
    'names the trace only when no other format does, wherever it stands in the list',
  ],
  [
    'An id of any form, up to 255 visible characters, is sent on as it came, whichever format named the trace.',
    'ours: gateways and logs join by it',
    'propagation/request-id.test.ts',
    'is sent on beside a context of another format',
  ],
  [
    'An id that the app has put into a request stays.',
    'ours: gateways and logs join by it',
    'propagation/request-id.test.ts',
    'never takes the place of one that the app has put there',
  ],
  [
    'Sent where none came: the trace id as a UUID, in lower case.',
    'RFC 9562 4',
    'propagation/request-id.test.ts',
    'is the trace id as a UUID when it is sent, so the id that came in is sent on',
  ],
];

const TOGETHER: readonly RuleRow[] = [
  [
    'The first of the list that yields a context wins, wholly; what others only pass on (a request id, fields of X-Ray’s that are not ours) is kept beside it.',
    'ours: of OpenTelemetry, API Propagators, Composite, which asks all in order, the last one would stay',
    'propagation/translation.test.ts',
    'take the first that yields a context, in the order of the list, wholly',
  ],
  [
    'All of the list are written, whichever was read.',
    'OpenTelemetry, API Propagators, Composite',
    'propagation/translation.test.ts',
    'are all written, whichever was read',
  ],
  [
    'Ids, decision and debug mark come through from each format to each other as far as both have words for them.',
    'each format',
    'propagation/translation.test.ts',
    'from … to … as far as both have words for it',
  ],
  [
    'A decision without ids reaches the sampler and the next service.',
    'B3, Sampling State',
    'propagation/formats-on-the-wire.test.ts',
    'reaches the sampler and the next service: … by …',
  ],
  [
    'A trace id without a span id is continued by a root in that trace.',
    'AWS X-Ray; Google Cloud',
    'spans/partial-context.test.ts',
    'a trace id without a span id is continued by a root in that trace',
  ],
  [
    'A decision that the caller left open is taken here.',
    'B3, Sampling State; AWS X-Ray',
    'spans/partial-context.test.ts',
    'a decision that is missing is taken here',
  ],
];

/** The formats beside W3C. A format has its rows here from the day on which it is in the registry. */
export const formatRules: readonly Rule[] = [
  ...rulesOf('b3', 'B3, single header', B3_SINGLE),
  ...rulesOf('b3multi', 'B3, separate headers', B3_MULTI),
  ...rulesOf('jaeger', 'Jaeger', JAEGER),
  ...rulesOf('xray', 'AWS X-Ray', XRAY),
  ...rulesOf('datadog', 'Datadog', DATADOG),
  ...rulesOf('cloudtrace', 'Google Cloud Trace', CLOUDTRACE),
  ...rulesOf('requestid', 'Request id', REQUEST_ID),
  ...rulesOf('all', 'Several formats', TOGETHER),
];
