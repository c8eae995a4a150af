import assert from 'node:assert/strict';
import { OutgoingMessage } from 'node:http';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { Baggage, jaeger } from 'throughline/propagation';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import type { OutboundContext, RemoteContext } from '../../propagation/context.ts';
import { formatUberTraceId, parseUberTraceId } from '../../propagation/jaeger.ts';
import { outbound, propagatorContract } from '../contract/suites/propagator.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = '05e3ac9a4f6e3b90';
const VALID = `${TRACE}:${SPAN}:0:1`;
const CANONICAL = /^(?!0{32})[0-9a-f]{32}:(?!0{16})[0-9a-f]{16}:0:[01389b]$/;
const RUNS = { seed: 42, numRuns: 2000 };

propagatorContract(jaeger, {
  valid: ['0', '1', '3', '8', '9', 'b'].map((flags) => ({ 'uber-trace-id': `${TRACE}:${SPAN}:0:${flags}` })),
  grammar: { 'uber-trace-id': CANONICAL },
});

function extract(fields: unknown): RemoteContext | undefined {
  return jaeger.extract(fields, carrierGetter(fields));
}

function inject(context: Partial<OutboundContext>): Record<string, string> {
  const fields: Record<string, string> = {};
  jaeger.inject({ span: undefined, baggage: undefined, ...context }, fields, carrierSetter(fields));
  return fields;
}

/** As `trace/span/flags`. */
function brief(value: string): string | undefined {
  const parsed = parseUberTraceId(value);
  return parsed && [parsed.traceId, parsed.spanId, parsed.flags].join('/');
}

describe('uber-trace-id', () => {
  const context = (flags: number) => `${TRACE}/${SPAN}/${flags}`;
  const short = `${'0'.repeat(29)}abc/${'0'.repeat(15)}1/1`;

  it('is read with ids of any length, the parent left aside', () => {
    const valid: readonly [value: string, context: string][] = [
      [VALID, context(1)],
      [`${TRACE}:${SPAN}:${PARENT}:1`, context(1)],
      [`${TRACE}:${SPAN}:${'0'.repeat(16)}:01`, context(1)],
      [`${TRACE}:${SPAN}::1`, context(1)],
      [`${TRACE.toUpperCase()}:${SPAN.toUpperCase()}:0:1`, context(1)],
      ['abc:1:0:1', short],
      ['0abc:0001:7:01', short],
      [`${'0'.repeat(29)}abc:${'0'.repeat(15)}1:0:1`, short],
      [`${TRACE}:f067aa0ba902b7:0:1`, context(1)],
      [`a3ce929d0e0e4736:${SPAN}:0:1`, `0000000000000000a3ce929d0e0e4736/${SPAN}/1`],
    ];
    for (const [value, expected] of valid) assert.equal(brief(value), expected, value);
  });

  it('may be URL-encoded, as far as its sender liked', () => {
    assert.equal(brief(`${TRACE}%3A${SPAN}%3A0%3A1`), context(1));
    assert.equal(brief(`${TRACE}%3a${SPAN}%3a0:1`), context(1));
    const all = Array.from(`${TRACE}:${SPAN}:${PARENT}:01`, (digit) => `%${digit.charCodeAt(0).toString(16)}`).join('');
    assert.equal(brief(all), context(1));
    assert.equal(brief(`${TRACE}%253A${SPAN}%253A0%253A1`), undefined);
  });

  it('has flags that are bits: sampled, debug with sampled only, firehose; all others are cleared', () => {
    const flags = ['0', '1', '2', '3', '4', '5', '8', '9', 'a', 'B', 'ff', 'f0', '03', '10'];
    assert.deepEqual(
      flags.map((digits) => parseUberTraceId(`${TRACE}:${SPAN}:0:${digits}`)?.flags),
      [0, 1, 0, 3, 0, 1, 8, 9, 8, 11, 11, 0, 3, 0],
    );
  });

  it('is as none when it is malformed', () => {
    const malformed = [
      '',
      ':::',
      TRACE,
      `${TRACE}:${SPAN}`,
      `${TRACE}:${SPAN}:0`,
      `${TRACE}:${SPAN}:0:`,
      `${TRACE}:${SPAN}:0:100`,
      `${TRACE}:${SPAN}:0:g`,
      `${TRACE}:${SPAN}:0:1:`,
      `${TRACE}:${SPAN}:0:1:0`,
      `${TRACE}:${SPAN}:0:-1`,
      `${TRACE}:${SPAN}:x:1`,
      `${TRACE}:${SPAN}:0${PARENT}:1`,
      `0${TRACE}:${SPAN}:0:1`,
      `${TRACE}:0${SPAN}:0:1`,
      `:${SPAN}:0:1`,
      `${TRACE}::0:1`,
      `0:${SPAN}:0:1`,
      `${'0'.repeat(32)}:${SPAN}:0:1`,
      `${TRACE}:0:0:1`,
      `${TRACE}:${'0'.repeat(16)}:0:1`,
      `g${TRACE.slice(1)}:${SPAN}:0:1`,
      `0x1:${SPAN}:0:1`,
      `${TRACE}-${SPAN}-0-1`,
      ` ${VALID}`,
      `${VALID} `,
      `${VALID}, ${VALID}`,
      `${VALID}\r\nx: y`,
      `${TRACE}:${SPAN}:0:%`,
      `${TRACE}:${SPAN}:0:%FF`,
      `${TRACE}:${SPAN}:0:١`,
      `${'0'.repeat(300)}1:1:0:1`,
    ];
    for (const value of malformed) {
      assert.equal(parseUberTraceId(value), undefined, JSON.stringify(value));
      assert.equal(extract({ 'uber-trace-id': value }), undefined, JSON.stringify(value));
    }
  });

  it('becomes a context that says sampled or not, debug, and never random', () => {
    const read = (flags: string) => extract({ 'uber-trace-id': `${TRACE}:${SPAN}:0:${flags}` });
    assert.deepEqual(read('3'), {
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
      random: false,
      debug: true,
      traceState: undefined,
      baggage: undefined,
      vendor: undefined,
    });
    assert.deepEqual([read('0')?.sampled, read('2')?.sampled, read('2')?.debug], [false, false, false]);
    assert.deepEqual(read('9')?.vendor, { jaeger: 'firehose' });
  });

  it('is written with all its digits, flags as bits, and 0 for the parent', () => {
    const span = { traceId: `${'0'.repeat(31)}1`, spanId: `${'0'.repeat(15)}2`, traceFlags: 0xff };
    assert.equal(formatUberTraceId(span), `${'0'.repeat(31)}1:${'0'.repeat(15)}2:0:1`);
    const flags = [0, 1, 2, 3].map((traceFlags) => formatUberTraceId({ ...span, traceFlags }).slice(-1));
    assert.deepEqual(flags, ['0', '1', '0', '1']);
    assert.equal(formatUberTraceId({ ...span, traceFlags: 0, debug: true }).slice(-1), '3');
    assert.equal(formatUberTraceId({ ...span, vendor: { jaeger: '1\r\nx: y' } }).slice(-2), ':1');
  });

  it('is not written for ids that an app made up', () => {
    for (const id of ['', 'x', TRACE.toUpperCase(), '0'.repeat(32), '0'.repeat(16), `${TRACE}\r\n`, `${SPAN}\r\n`]) {
      assert.deepEqual(inject({ span: { traceId: id, spanId: SPAN, traceFlags: 1 } }), {});
      assert.deepEqual(inject({ span: { traceId: TRACE, spanId: id, traceFlags: 1 } }), {});
    }
  });
});

describe('uberctx- baggage', () => {
  it('is read from every header of that prefix, with or without a trace', () => {
    const fields = {
      'uberctx-user': 'Am%C3%A9lie%20P',
      'UberCtx-Tier': 'a+b%2Bc',
      'uberctx-': 'x',
      'x-uberctx-a': 'x',
    };
    for (const more of [{}, { 'uber-trace-id': VALID }, { 'uber-trace-id': 'junk' }]) {
      const context = extract({ ...fields, ...more });
      const entries = context?.baggage?.getAllEntries().map(([key, { value }]) => [key, value]);
      assert.deepEqual(entries, [
        ['user', 'Amélie P'],
        ['tier', 'a b+c'],
      ]);
      assert.equal(context?.traceId, more['uber-trace-id'] === VALID ? TRACE : undefined);
    }
  });

  it('is there or not: none is made up', () => {
    assert.equal(extract({ 'uber-trace-id': VALID })?.baggage, undefined);
    assert.equal(extract({ 'uberctx-a b': '1', 'uberctx-\u00e9': '1' }), undefined);
    assert.deepEqual(inject({ baggage: Baggage.empty }), {});
  });

  it('takes values that are empty, broken or no text, and keys of any name', () => {
    const baggage = extract({
      'uberctx-empty': '',
      'uberctx-bad': '%FF%zz%',
      ...Object.fromEntries([['uberctx-__proto__', 'p']]),
      'uberctx-constructor': 'c',
      'uberctx-number': 7,
      'uberctx-object': {},
    })?.baggage;
    assert.deepEqual(
      ['empty', 'bad', '__proto__', 'constructor', 'number', 'object'].map((key) => baggage?.get(key)),
      ['', '\ufffd%zz%', 'p', 'c', '7', undefined],
    );
  });

  it('is bounded in members and in characters, whole members only', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`uberctx-k${at}`, String(at)]));
    assert.equal(extract(many)?.baggage?.size, 64);
    const late = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`x-${at}`, '1']));
    assert.equal(extract({ ...late, 'uberctx-a': '1' }), undefined);
    const long = extract({ 'uberctx-a': 'x'.repeat(8000), 'uberctx-b': 'y'.repeat(8000), 'uberctx-c': 'z' })?.baggage;
    assert.deepEqual([long?.size, long?.get('a')?.length, long?.get('c')], [2, 8000, 'z']);
    assert.equal(extract({ [`uberctx-${'k'.repeat(1_000_000)}`]: '1' }), undefined);
  });

  it('is written one header a member, lower-case names and coded values', () => {
    const baggage = Baggage.parse('userId=al%20ice;ttl=30,plus=a+b,empty=');
    assert.deepEqual(inject({ ...(baggage && { baggage }) }), {
      'uberctx-userid': 'al%20ice',
      'uberctx-plus': 'a%2Bb',
      'uberctx-empty': '',
    });
  });

  it('is written by its own name however many others have gone by, at first and again', () => {
    const names = Array.from({ length: 1000 }, (_, at) => `Name-${at}-${'x'.repeat(at % 100)}`);
    for (const name of [...names, ...names]) {
      assert.deepEqual(inject({ baggage: Baggage.of([[name, '1']]) }), { [`uberctx-${name.toLowerCase()}`]: '1' });
    }
  });

  it('is written within the limits, whatever the app has set', () => {
    let baggage = Baggage.empty
      .set('huge', 'x'.repeat(1_000_000))
      .set('k'.repeat(9000), '1')
      .set('coded', '€'.repeat(2000));
    for (let at = 0; at < 200; at += 1) baggage = baggage.set(`k${at}`, '1');
    const sent = inject({ baggage });
    assert.equal(Object.keys(sent).length, 64);
    assert.deepEqual([sent['uberctx-huge'], sent['uberctx-coded'], sent['uberctx-k0']], [undefined, undefined, '1']);
  });

  it('is always a header that node:http takes, and comes back as it was', () => {
    const token = fc.string({ unit: fc.constantFrom(..."az09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 });
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\r\nx: y', '\u0000', '\ud800', '+ +', '%', ''),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(token, value), { maxLength: 8 }), (entries) => {
        let baggage = Baggage.empty;
        for (const [key, text] of entries) baggage = baggage.set(key, text);
        const message = new OutgoingMessage();
        const sent = inject({ baggage });
        for (const [name, text] of Object.entries(sent)) {
          message.setHeader(name, text); // throws for what is no header
          assert.match(text, /^[A-Za-z0-9_.~/%-]*$/);
        }
        const found = extract(sent)?.baggage ?? Baggage.empty;
        const texts = (from: Baggage) =>
          from.getAllEntries().map(([key, entry]) => [key, Buffer.from(entry.value).toString()]);
        assert.deepEqual(texts(found), texts(baggage));
      }),
      { seed: 42, numRuns: 500 },
    );
  });

  it('survives a getter whose keys are no texts', () => {
    const getter = { get: () => undefined, keys: () => [null, 1, {}, 'uberctx-a'] as string[] };
    assert.equal(jaeger.extract({}, getter), undefined);
  });
});

test('any context comes back as it was sent', () => {
  const digits = (length: number) =>
    fc
      .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
      .filter((text) => !/^0+$/.test(text));
  const contexts = fc.record({ traceId: digits(32), spanId: digits(16), traceFlags: fc.nat(255), debug: fc.boolean() });
  fc.assert(
    fc.property(contexts, (span) => {
      const found = extract(inject({ span }));
      assert.deepEqual([found?.traceId, found?.spanId, found?.debug], [span.traceId, span.spanId, span.debug]);
      assert.equal(found?.sampled, span.debug || span.traceFlags % 2 === 1);
    }),
    RUNS,
  );
});

test('what any text is read as is sent in canonical form, and read as the same again', () => {
  const piece = fc.oneof(
    fc.constantFrom(TRACE, SPAN, 'ABC', '0', '1', ':', ':', ':', ':0:', '%3A', '%', ' ', ','),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const text = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (value) => {
      const { span } = outbound(extract({ 'uber-trace-id': value }));
      if (span === undefined) return;
      const written = formatUberTraceId(span);
      assert.match(written, CANONICAL);
      assert.deepEqual(parseUberTraceId(written), parseUberTraceId(value));
    }),
    RUNS,
  );
});
