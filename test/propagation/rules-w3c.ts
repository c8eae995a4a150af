import { type Rule, type RuleRow, rulesOf } from './rule.ts';

const TRACEPARENT: readonly RuleRow[] = [
  [
    'Lower-case hex in `version-traceid-parentid-flags`; anything else, zero ids too, is no context: a new trace begins.',
    'Trace Context 3.2.2.2 to 3.2.2.4 (MUST)',
    'propagation/traceparent.test.ts',
    'ignores a malformed value',
  ],
  [
    'Each single character counts: one that is no lower-case hex makes the value malformed.',
    'Trace Context 3.2.2.3 (MUST)',
    'propagation/traceparent.test.ts',
    'ignores a value with any one character of it replaced by what is no lower-case hex',
  ],
  [
    'Without a valid traceparent, tracestate is dropped.',
    'Trace Context 5.1.2 (MUST)',
    'propagation/tracecontext.test.ts',
    'ignores tracestate without a valid traceparent',
  ],
  [
    'Version `ff` is invalid; `00` is exactly 55 characters long.',
    'Trace Context 3.2.4 (MUST)',
    'propagation/traceparent.test.ts',
    'ignores a malformed value',
  ],
  [
    'A higher version is read by its first four fields, whatever follows a dash after them; what is sent is version `00`.',
    'Trace Context 3.2.4 (MUST)',
    'propagation/traceparent.test.ts',
    'reads a higher version by its first four fields and writes it as version 00',
  ],
  [
    'Flags are bits, compared by mask; those that mean nothing yet are sent as zero: `ff` in, `03` out.',
    'Trace Context 3.2.2.5 (MUST)',
    'propagation/traceparent.test.ts',
    'keeps the sampled and the random flag and clears all others, compared by bit',
  ],
  [
    'Two hex digits of flags are written whatever bits a span context has.',
    'Trace Context 3.2.2.5 (MUST)',
    'propagation/traceparent.test.ts',
    'writes two digits of flags whatever bits are set: ff is 03, fc is 00',
  ],
  [
    'The random flag goes with its trace id: set stays set, unset stays unset.',
    'Trace Context 3.2.2.5.2 (MUST)',
    'contract/chain.test.ts',
    'keeps 200 concurrent requests apart, each with the context it came with',
  ],
  [
    'A trace id of our own is random, and says so with `randomFlag: true` alone: flags `01` by default, since OpenTelemetry’s Go SDK before 2026 and Rust’s throw a `traceparent` with more away.',
    'ours: Trace Context 3.2.2.5.2 has SHOULD',
    'spans/ids.test.ts',
    'are 01: receivers that know Level 1 alone throw a traceparent with more away',
  ],
  [
    'A caller that decided is followed.',
    'Trace Context 3.2.2.5.1 (SHOULD)',
    'settings/config.test.ts',
    'follows a caller that decided, whatever the share',
  ],
  [
    'The header is sent also when the trace is not sampled, with a parent-id of our own.',
    'Trace Context 3.4 (SHOULD)',
    'propagation/door.test.ts',
    'carry the decision of a span that is not recorded, and one that has ended',
  ],
  [
    'Field names are read in any case and sent in lower case.',
    'Trace Context 3.2.1 (SHOULD)',
    'propagation/carriers.test.ts',
    'reads a field of any case from every kind of carrier',
  ],
  [
    'Two traceparent fields are none: a new trace begins.',
    'Trace Context 3.2; RFC 9110 5.3',
    'contract/server/context.ts',
    'starts a new trace where traceparent came twice',
  ],
];

const TRACESTATE: readonly RuleRow[] = [
  [
    'Several fields are one list, in order; one field is sent.',
    'Trace Context 3.3.2 (MUST; one field: SHOULD)',
    'propagation/tracecontext.test.ts',
    'reads several tracestate fields as one list in order',
  ],
  [
    'A malformed tracestate never costs the traceparent.',
    'Trace Context 3.3 (MUST)',
    'propagation/tracecontext.test.ts',
    'keeps the parent when tracestate is malformed',
  ],
  [
    'Keys may begin with a digit and hold several `@`; leading spaces belong to a value.',
    'Trace Context Level 2, 3.3.2.2.1 and 3.3.2.2.2',
    'propagation/tracestate.test.ts',
    'passes a canonical list on byte for byte',
  ],
  [
    'Upper case, tabs, 8-bit characters, empty values, keys or values above 256 characters: one such member discards the list.',
    'Trace Context 3.3.2.2.1 and 3.3.2.2.2',
    'propagation/tracestate.test.ts',
    'discards the whole when one member is malformed',
  ],
  [
    'Blank members and white space between members are accepted and not sent.',
    'Trace Context 3.3.2 (MUST accept, SHOULD NOT send)',
    'propagation/tracestate.test.ts',
    'accepts blank members and white space around members, and never sends them',
  ],
  [
    'A list without members is not sent: there is no empty header.',
    'Trace Context 3.3.2 (SHOULD NOT)',
    'propagation/tracestate.test.ts',
    'gives nothing for a list without members, so no empty header is sent',
  ],
  [
    'More than 32 members discard the list.',
    'Trace Context 3.3.2',
    'propagation/tracestate.test.ts',
    'discards more than 32 members, repeated ones counted, blank ones not',
  ],
  [
    'A member added to 32 pushes the right-most out.',
    'Trace Context 3.3.2',
    'propagation/tracestate.test.ts',
    'pushes the right-most member out when a 33rd comes, and none when a key only changes',
  ],
  [
    'At least 512 characters are passed on: up to 4127 here, 32 members of 128.',
    'Trace Context 3.3.3.1 (SHOULD)',
    'propagation/tracestate.test.ts',
    'sends at most 4127 characters: 32 members of 128, far more than the 512 of the specification',
  ],
  [
    'What does not fit goes by whole members, those above 128 characters first, then from the end.',
    'Trace Context 3.3.3.1 (SHOULD)',
    'propagation/tracestate.test.ts',
    'truncates by whole members: long ones first, then from the end',
  ],
  [
    'A longer list is truncated as it came, before its members are read or counted.',
    'Trace Context 3.3.3.1 (SHOULD)',
    'propagation/tracestate.test.ts',
    'truncates a list above 4127 characters as it came, before it is looked at',
  ],
  [
    'Of a longer list 64 pieces between commas are looked at, blank ones too; what follows them is truncated.',
    'Trace Context 3.3.2, 3.3.3.1',
    'propagation/tracestate.test.ts',
    'looks at no more than 64 pieces of a list above 4127 characters, blank ones too',
  ],
  [
    'Of a repeated key the left-most, newest one stays.',
    'Trace Context 3.3.3, 3.5 (MAY)',
    'propagation/tracestate.test.ts',
    'keeps the left-most of a repeated key, which is the newest',
  ],
  [
    'A changed or new member goes to the left, and the order of the others stays.',
    'Trace Context 3.5 (MUST)',
    'propagation/tracestate.test.ts',
    'puts a set member at the left and leaves the order of the others',
  ],
  [
    'The list is sent on also when the trace is not sampled.',
    'Trace Context 3.5 (MUST)',
    'propagation/tracecontext.test.ts',
    'sends tracestate also when the span is not sampled, and never an empty one',
  ],
  [
    "OpenTelemetry's `ot` member, its `rv` too, is passed on as it came while the caller's decision is followed.",
    'OpenTelemetry, TraceState handling',
    'propagation/tracestate.test.ts',
    'passes a canonical list on byte for byte',
  ],
  [
    'A share is taken by the explicit randomness (`ot=rv:…`) where a trace brings one, else by the right-most 56 bits of its id.',
    'OpenTelemetry, TraceState: Probability Sampling (Development)',
    'decide/decision.test.ts',
    'is taken of the explicit randomness where a trace brings one',
  ],
  [
    'Whoever decides anew rewrites the threshold (`ot=th:…`), or takes it out where nobody knows the share; `rv` stays.',
    'OpenTelemetry, TraceState: Probability Sampling (Development)',
    'decide/decision.test.ts',
    'send a threshold where a share was kept, and none where nobody knows the share',
  ],
];

const BAGGAGE: readonly RuleRow[] = [
  [
    'White space around keys, values, properties and delimiters is taken, and not sent.',
    'Baggage 3.3.1',
    'propagation/baggage.test.ts',
    'takes white space around every part, and sends none',
  ],
  [
    'A key is a token and never percent-coded.',
    'Baggage 3.3.1.1',
    'propagation/baggage.test.ts',
    'never decodes a key, nor a property that is only a key',
  ],
  [
    'A value may be empty and may hold `=`.',
    'Baggage 3.3.1.2',
    'propagation/baggage.test.ts',
    'passes a canonical header on byte for byte, even in another spelling than its own',
  ],
  [
    'Values are percent-decoded; bytes that are no UTF-8 become U+FFFD, and the member stays. `+` is a plus.',
    'Baggage 3.3.1.2 (MUST)',
    'propagation/baggage.test.ts',
    'decodes values: bytes that are no UTF-8 become U+FFFD, and a plus is a plus',
  ],
  [
    'What an app sets is percent-coded, `%` itself too: only ASCII leaves.',
    'Baggage 3.3.1.2 (MUST)',
    'propagation/baggage.test.ts',
    'codes what the app sets: all but A-Z a-z 0-9 _ . ~ - /',
  ],
  [
    'Any text comes out at the other side as it was set.',
    'Baggage 3.3.1.2 (MUST)',
    'propagation/baggage.test.ts',
    'sends any text as ASCII and gives it back',
  ],
  [
    'Properties stay, in order, repeated ones too.',
    'Baggage 3.3.1.3',
    'propagation/baggage.test.ts',
    'keeps properties in order, repeated ones too',
  ],
  [
    'Several fields are one list.',
    'Baggage 3.3; RFC 9110 5.3',
    'propagation/carriers.test.ts',
    'joins a repeated field in order',
  ],
  [
    'Of a repeated name the right-most, newest one stays.',
    'Baggage 3.3.3 (MAY); OpenTelemetry Baggage API',
    'propagation/baggage.test.ts',
    'keeps the newer of a repeated name, with its own properties',
  ],
  [
    'What came is looked at when it is asked for or sent on, and is the same then as if it had been read at once.',
    'our own',
    'propagation/baggage.test.ts',
    'is the same when it is looked at late, whatever is asked first',
  ],
  [
    'Up to 64 members are passed on.',
    'Baggage 3.3.2 (MUST)',
    'propagation/baggage.test.ts',
    'reads and sends at most 64 members, the first of them',
  ],
  [
    'Up to 8192 bytes are passed on; beyond them whole members are left out, never parts. One member may use them all.',
    'Baggage 3.3.2 (MUST)',
    'propagation/baggage.test.ts',
    'reads and sends at most 8192 bytes, in whole members',
  ],
  [
    'A malformed member is dropped and the others stay.',
    'Baggage 3.3 (not specified)',
    'propagation/baggage.test.ts',
    'drops a malformed member and keeps the others',
  ],
  [
    'Passed on also where no trace context came.',
    'Baggage 3 (SHOULD)',
    'contract/chain.test.ts',
    'passes baggage on that comes without a trace',
  ],
  [
    'None is invented where none came.',
    'Baggage 3.3',
    'propagation/baggage.test.ts',
    'gives nothing for a header without members, so none is invented',
  ],
];

/** W3C Trace Context (Level 2, sections of the editor's draft) and W3C Baggage. */
export const w3cRules: readonly Rule[] = [
  ...rulesOf('tracecontext', 'W3C traceparent', TRACEPARENT),
  ...rulesOf('tracecontext', 'W3C tracestate', TRACESTATE),
  ...rulesOf('baggage', 'W3C baggage', BAGGAGE),
];
