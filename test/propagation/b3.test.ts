import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { b3, b3multi } from 'throughline/propagation';
import { formatB3, parseB3 } from '../../propagation/b3.ts';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import type { Propagator, RemoteContext, SpanContext } from '../../propagation/context.ts';
import { outbound, propagatorContract } from '../contract/suites/propagator.ts';

// The ids of the specification's own examples.
const TRACE = '80f198ee56343ba864fe8b2a57d3eff7';
const SPAN = 'e457b5a2e4d86bd1';
const PARENT = '05e3ac9a4f6e3b90';
const SHORT_TRACE = '64fe8b2a57d3eff7';
const PADDED = `0000000000000000${SHORT_TRACE}`;
const IDS = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN };

const TRACE_GRAMMAR = '(?!0{16})(?:[0-9a-f]{16}|[0-9a-f]{32})';
const SPAN_GRAMMAR = '(?!0{16})[0-9a-f]{16}';
const CANONICAL = new RegExp(`^${TRACE_GRAMMAR}-${SPAN_GRAMMAR}-[01d]$`);
const RUNS = { seed: 42, numRuns: 2000 };

propagatorContract(b3, {
  valid: [
    { b3: `${TRACE}-${SPAN}-1` },
    { b3: `${TRACE}-${SPAN}-0` },
    { b3: `${TRACE}-${SPAN}-d` },
    { b3: `${SHORT_TRACE}-${SPAN}-1` },
  ],
  grammar: { b3: CANONICAL },
});

propagatorContract(b3multi, {
  valid: [
    { ...IDS, 'x-b3-sampled': '1' },
    { ...IDS, 'x-b3-sampled': '0' },
    { ...IDS, 'x-b3-flags': '1' },
    { ...IDS, 'x-b3-traceid': SHORT_TRACE, 'x-b3-sampled': '1' },
  ],
  grammar: {
    'x-b3-traceid': new RegExp(`^${TRACE_GRAMMAR}$`),
    'x-b3-spanid': new RegExp(`^${SPAN_GRAMMAR}$`),
    'x-b3-sampled': /^[01]$/,
    'x-b3-flags': /^1$/,
  },
});

function extract(fields: Record<string, unknown>, propagator: Propagator = b3): RemoteContext | undefined {
  return propagator.extract(fields, carrierGetter(fields));
}

function inject(propagator: Propagator, span: SpanContext): Record<string, string> {
  const fields: Record<string, string> = {};
  propagator.inject({ span, baggage: undefined }, fields, carrierSetter(fields));
  return fields;
}

/** All there is of a context, as `trace/span/state`. */
function brief(context: RemoteContext | undefined): string | undefined {
  if (context === undefined) return undefined;
  const state = context.debug ? 'debug' : { true: 'accept', false: 'deny' }[String(context.sampled)];
  assert.ok(!context.debug || context.sampled === true, 'debug implies sampled');
  return [context.traceId, context.spanId, state ?? 'defer'].join('/');
}

const VALID: readonly [value: string, context: string][] = [
  [`${TRACE}-${SPAN}-1-${PARENT}`, `${TRACE}/${SPAN}/accept`],
  [`${TRACE}-${SPAN}-0-${PARENT}`, `${TRACE}/${SPAN}/deny`],
  [`${TRACE}-${SPAN}-d-${PARENT}`, `${TRACE}/${SPAN}/debug`],
  [`${TRACE}-${SPAN}-1`, `${TRACE}/${SPAN}/accept`],
  [`${TRACE}-${SPAN}-0`, `${TRACE}/${SPAN}/deny`],
  [`${TRACE}-${SPAN}-d`, `${TRACE}/${SPAN}/debug`],
  [`${TRACE}-${SPAN}`, `${TRACE}/${SPAN}/defer`],
  [`${TRACE}-${SPAN}-${PARENT}`, `${TRACE}/${SPAN}/defer`],
  [`${TRACE}-${SPAN}-1-${'0'.repeat(16)}`, `${TRACE}/${SPAN}/accept`],
  [`${SHORT_TRACE}-${SPAN}-1-${PARENT}`, `${PADDED}/${SPAN}/accept`],
  [`${SHORT_TRACE}-${SPAN}-${PARENT}`, `${PADDED}/${SPAN}/defer`],
  [`${SHORT_TRACE}-${SPAN}`, `${PADDED}/${SPAN}/defer`],
  [`${PADDED}-${SPAN}-1`, `${PADDED}/${SPAN}/accept`],
  ['0', '//deny'],
  ['1', '//accept'],
  ['d', '//debug'],
];

const MALFORMED: readonly string[] = [
  '',
  '-',
  '2',
  'D',
  '00',
  '0-',
  'true',
  TRACE,
  `${TRACE}-`,
  `${TRACE}-${SPAN}-`,
  `${TRACE}-${SPAN}-2`,
  `${TRACE}-${SPAN}-D`,
  `${TRACE}-${SPAN}-01`,
  `${TRACE}-${SPAN}-true`,
  `${TRACE}-${SPAN}-1-`,
  `${TRACE}-${SPAN}-1-${PARENT.slice(1)}`,
  `${TRACE}-${SPAN}-1-${PARENT}0`,
  `${TRACE}-${SPAN}-1-${PARENT.toUpperCase()}`,
  `${TRACE}-${SPAN}-1-${PARENT}-1`,
  `${TRACE}-${SPAN}-2-${PARENT}`,
  `${TRACE}-${SPAN}x1`,
  `${TRACE}-${SPAN}-1x${PARENT}`,
  `${TRACE}-${SPAN}x${PARENT}`,
  `${TRACE.slice(1)}-${SPAN}-1`,
  `0${TRACE}-${SPAN}-1`,
  `${SHORT_TRACE.slice(1)}-${SPAN}-1`,
  `0${SHORT_TRACE}-${SPAN}-1`,
  `${TRACE}-${SPAN.slice(1)}-1`,
  `${TRACE}-0${SPAN}-1`,
  `${TRACE.toUpperCase()}-${SPAN}-1`,
  `${TRACE}-${SPAN.toUpperCase()}-1`,
  `${'0'.repeat(32)}-${SPAN}-1`,
  `${'0'.repeat(16)}-${SPAN}-1`,
  `${TRACE}-${'0'.repeat(16)}-1`,
  `${TRACE}_${SPAN}-1`,
  `g${TRACE.slice(1)}-${SPAN}-1`,
  ` ${TRACE}-${SPAN}-1`,
  `${TRACE}-${SPAN}-1 `,
  `${TRACE}-${SPAN}-1, ${TRACE}-${SPAN}-1`,
  `${TRACE}-${SPAN}-1\r\nx: y`,
  `${TRACE}-${SPAN}-١`,
  `-${SPAN}-1`,
  `${TRACE}--1`,
];

describe('the single header', () => {
  it('is read in all its forms, the parent span id left aside', () => {
    for (const [value, context] of VALID) assert.equal(brief(parseB3(value)), context, value);
  });

  it('is as none when it is malformed', () => {
    for (const value of MALFORMED) {
      assert.equal(parseB3(value), undefined, JSON.stringify(value));
      assert.equal(extract({ b3: value }), undefined, JSON.stringify(value));
    }
  });

  it('leaves a malformed one to the separate headers', () => {
    for (const value of MALFORMED) {
      assert.equal(brief(extract({ b3: value, ...IDS, 'x-b3-sampled': '0' })), `${TRACE}/${SPAN}/deny`);
    }
  });

  it('wins over the separate headers, also with a decision alone', () => {
    const multi = { 'x-b3-traceid': 'a'.repeat(32), 'x-b3-spanid': 'b'.repeat(16), 'x-b3-flags': '1' };
    for (const [value, context] of VALID) {
      for (const propagator of [b3, b3multi]) {
        assert.equal(brief(extract({ b3: value, ...multi }, propagator)), context);
      }
    }
  });

  it('given twice is malformed', () => {
    assert.equal(extract({ b3: ['0', '0'] }), undefined);
    assert.equal(extract({ b3: [`${TRACE}-${SPAN}-1`, `${TRACE}-${SPAN}-1`] }), undefined);
  });
});

describe('the separate headers', () => {
  const states: readonly [fields: Record<string, string>, state: string][] = [
    [{}, 'defer'],
    [{ 'x-b3-sampled': '1' }, 'accept'],
    [{ 'x-b3-sampled': '0' }, 'deny'],
    [{ 'x-b3-sampled': 'true' }, 'accept'],
    [{ 'x-b3-sampled': 'False' }, 'deny'],
    [{ 'x-b3-flags': '1' }, 'debug'],
    [{ 'x-b3-flags': '1', 'x-b3-sampled': '0' }, 'debug'],
    [{ 'x-b3-flags': '0', 'x-b3-sampled': '1' }, 'accept'],
    [{ 'x-b3-flags': '0' }, 'defer'],
    [{ 'x-b3-flags': 'nonsense' }, 'defer'],
  ];

  it('are read with each decision, by either propagator', () => {
    for (const [fields, state] of states) {
      for (const propagator of [b3, b3multi]) {
        const context = extract({ ...IDS, 'x-b3-parentspanid': PARENT, ...fields }, propagator);
        assert.equal(brief(context), `${TRACE}/${SPAN}/${state}`);
      }
    }
  });

  it('are a decision alone without ids, and nothing without a decision', () => {
    for (const [fields, state] of states) {
      assert.equal(brief(extract(fields)), state === 'defer' ? undefined : `//${state}`);
    }
  });

  it('restart the trace when Sampled is nonsense', () => {
    for (const sampled of ['', '2', 'd', 'yes', '1, 1', ' 1', 'falsefalse', '1'.repeat(1_000_000)]) {
      assert.equal(extract({ ...IDS, 'x-b3-sampled': sampled }), undefined);
      assert.equal(extract({ 'x-b3-sampled': sampled, 'x-b3-flags': '1' }), undefined);
    }
  });

  it('restart the trace when an id is malformed, or one of the two is missing', () => {
    const ids = ['', 'x', SPAN.slice(1), `0${SPAN}`, SPAN.toUpperCase(), '0'.repeat(16), `${SPAN}, ${SPAN}`];
    for (const id of [undefined, TRACE, ...ids]) {
      assert.equal(extract({ ...IDS, 'x-b3-spanid': id, 'x-b3-sampled': '1' }), undefined, id);
    }
    for (const id of [undefined, `0${TRACE}`, TRACE.slice(1), TRACE.toUpperCase(), '0'.repeat(32), ...ids]) {
      assert.equal(extract({ ...IDS, 'x-b3-traceid': id, 'x-b3-sampled': '1' }), undefined, id);
    }
  });

  it('do not mind what the parent span id holds', () => {
    for (const parent of ['', '0', 'x', PARENT.toUpperCase(), '0'.repeat(16)]) {
      assert.equal(brief(extract({ ...IDS, 'x-b3-parentspanid': parent })), `${TRACE}/${SPAN}/defer`);
    }
  });

  it('take null from a getter for a field that is missing', () => {
    const getter = { get: (fields: Headers, name: string) => fields.get(name) as string, keys: () => [] };
    assert.equal(brief(b3.extract(new Headers({ ...IDS }), getter)), `${TRACE}/${SPAN}/defer`);
    assert.equal(b3.extract(new Headers(), getter), undefined);
  });
});

test('a padded id is 64 bits again when it is sent, and never has the random flag', () => {
  const context = extract({ b3: `${SHORT_TRACE}-${SPAN}-1` });
  assert.deepEqual([context?.traceId, context?.random], [PADDED, false]);
  assert.equal(extract({ b3: `${TRACE}-${SPAN}-1` })?.random, false);
  const span = { traceId: PADDED, spanId: SPAN, traceFlags: 1 };
  assert.deepEqual(inject(b3, span), { b3: `${SHORT_TRACE}-${SPAN}-1` });
  assert.equal(inject(b3multi, span)['x-b3-traceid'], SHORT_TRACE);
});

test('debug is sent in place of the decision, whatever the flags say', () => {
  for (const traceFlags of [0, 1, 2, 3]) {
    const span = { traceId: TRACE, spanId: SPAN, traceFlags, debug: true };
    assert.deepEqual(inject(b3, span), { b3: `${TRACE}-${SPAN}-d` });
    assert.deepEqual(inject(b3multi, span), { ...IDS, 'x-b3-flags': '1' });
  }
});

test('flags are bits: only the sampled one decides', () => {
  const sent = [0, 1, 2, 3, 0xfe, 0xff].map((traceFlags) => formatB3({ traceId: TRACE, spanId: SPAN, traceFlags }));
  assert.deepEqual(
    sent.map((value) => value.slice(-1)),
    ['0', '1', '0', '1', '0', '1'],
  );
});

test('ids that an app made up write nothing', () => {
  for (const id of ['', 'x', TRACE.toUpperCase(), '0'.repeat(32), '0'.repeat(16), `${TRACE}\r\n`, SHORT_TRACE]) {
    assert.deepEqual(inject(b3, { traceId: id, spanId: SPAN, traceFlags: 1 }), {});
    assert.deepEqual(inject(b3multi, { traceId: id, spanId: SPAN, traceFlags: 1 }), {});
  }
  for (const id of ['', 'x', SPAN.toUpperCase(), '0'.repeat(16), `${SPAN}\r\n`, TRACE]) {
    assert.deepEqual(inject(b3, { traceId: TRACE, spanId: id, traceFlags: 1 }), {});
    assert.deepEqual(inject(b3multi, { traceId: TRACE, spanId: id, traceFlags: 1 }), {});
  }
});

test('any context comes back as it was sent, by one header and by several', () => {
  const digits = (length: number) =>
    fc
      .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
      .filter((text) => !/^0+$/.test(text));
  const traceId = fc.oneof(
    digits(32),
    digits(16).map((id) => '0'.repeat(16) + id),
  );
  const contexts = fc.record({ traceId, spanId: digits(16), traceFlags: fc.nat(255), debug: fc.boolean() });
  fc.assert(
    fc.property(contexts, (span) => {
      const state = span.debug ? 'debug' : span.traceFlags % 2 === 1 ? 'accept' : 'deny';
      for (const propagator of [b3, b3multi]) {
        const found = extract(inject(propagator, span), propagator);
        assert.equal(brief(found), `${span.traceId}/${span.spanId}/${state}`);
      }
    }),
    RUNS,
  );
});

test('what any text is read as is sent in canonical form, and read as the same again', () => {
  const piece = fc.oneof(
    fc.constantFrom(TRACE, SHORT_TRACE, SPAN, PARENT, '0', '1', 'd', '-', '-', '-', 'true', ' ', ','),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (value) => {
      const context = parseB3(value);
      const { span } = outbound(context);
      if (context === undefined || span === undefined) return;
      const written = formatB3(span);
      assert.match(written, CANONICAL);
      assert.ok(context.sampled === undefined || value.startsWith(written) || value.startsWith(PADDED.slice(0, 16)));
      assert.equal(parseB3(written)?.traceId, context.traceId);
    }),
    RUNS,
  );
});
