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

/** The formats beside W3C. A format has its rows here from the day on which it is in the registry. */
export const formatRules: readonly Rule[] = [
  ...rulesOf('b3', 'B3, single header', B3_SINGLE),
  ...rulesOf('b3multi', 'B3, separate headers', B3_MULTI),
  ...rulesOf('jaeger', 'Jaeger', JAEGER),
];
