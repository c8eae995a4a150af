import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { datadog } from 'throughline/propagation';
import type { RemoteContext, SpanContext } from '../../propagation/context.ts';
import { extractFrom, injectInto, outbound, propagatorContract } from '../contract/suites/propagator.ts';
import { ANY_CONTEXT, brief, RUNS } from './any-context.ts';

type Fields = Readonly<Record<string, string>>;

const TRACE_ID = 'x-datadog-trace-id';
const PARENT_ID = 'x-datadog-parent-id';
const PRIORITY = 'x-datadog-sampling-priority';
const ORIGIN = 'x-datadog-origin';
const TAGS = 'x-datadog-tags';

const MAX = '18446744073709551615';
const IDS = { [TRACE_ID]: '7277407061855694839', [PARENT_ID]: '67667974448284343' };
const LOWER = '64fe8b2a57d3eff7';
const SPAN = '00f067aa0ba902b7';
const UPPER = '640cfd8d00000000';
const SHORT = `${'0'.repeat(16)}${LOWER}`;
const DECIMAL = '(?:0|[1-9][0-9]{0,19})';

propagatorContract(datadog, {
  valid: [
    IDS,
    { ...IDS, [PARENT_ID]: '0' },
    { ...IDS, [PRIORITY]: '2' },
    { ...IDS, [PRIORITY]: '-1', [ORIGIN]: 'synthetics-browser' },
    { ...IDS, [PRIORITY]: '1', [TAGS]: `_dd.p.tid=${UPPER}` },
    { ...IDS, [PRIORITY]: '0', [TAGS]: `_dd.p.tid=${UPPER},_dd.p.dm=-4,_dd.p.usr=a b=c` },
    { [TRACE_ID]: MAX, [PARENT_ID]: MAX, [PRIORITY]: '1', [TAGS]: '_dd.p.usr=1' },
  ],
  grammar: {
    [TRACE_ID]: new RegExp(`^(?!0$)${DECIMAL}$`),
    [PARENT_ID]: new RegExp(`^${DECIMAL}$`),
    [PRIORITY]: /^(?:-1|0|1|2)$/,
    [ORIGIN]: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
    [TAGS]:
      /^(?=.{1,512}$)_dd\.p\.[\x21-\x2b\x2d-\x7e]+=[\x20-\x2b\x2d-\x7e]+(?:,_dd\.p\.[\x21-\x2b\x2d-\x7e]+=[\x20-\x2b\x2d-\x7e]+)*$/,
  },
});

function read(fields: Fields): RemoteContext | undefined {
  return extractFrom(datadog, fields);
}

function write(span: SpanContext): Fields {
  return injectInto(datadog, { span, baggage: undefined });
}

/** The fields that a service that only passes on would send for these. */
function passOn(fields: Fields): Fields {
  return injectInto(datadog, outbound(read(fields)));
}

describe('the ids', () => {
  it('are unsigned decimals of 64 bits, the trace id the lower half of ours', () => {
    const found = read({ ...IDS, [PRIORITY]: '1' });
    assert.deepEqual([found?.traceId, found?.spanId, found?.sampled], [SHORT, SPAN, true]);
    assert.deepEqual([found?.random, found?.debug], [false, false]);
    assert.equal(read({ ...IDS, [TRACE_ID]: MAX })?.traceId, '0'.repeat(16) + 'f'.repeat(16));
  });

  it('have their upper half in the tags', () => {
    for (const tags of [`_dd.p.tid=${UPPER}`, `_dd.p.dm=-4, _dd.p.tid=${UPPER} ,_dd.p.usr=1`]) {
      assert.equal(read({ ...IDS, [TAGS]: tags })?.traceId, UPPER + LOWER);
    }
  });

  it('keep the lower half where the upper one is malformed', () => {
    for (const tid of ['', '0', UPPER.slice(1), `${UPPER}0`, '640CFD8D00000000', '0'.repeat(16), 'g'.repeat(16)]) {
      const found = read({ ...IDS, [TAGS]: `_dd.p.tid=${tid},_dd.p.dm=-4` });
      assert.equal(found?.traceId, SHORT, tid);
      assert.deepEqual(found?.vendor, { 'datadog.tags': '_dd.p.dm=-4' });
    }
  });

  it('continue the trace without a parent where the parent is missing or 0, as for a synthetic test', () => {
    for (const parent of [{}, { [PARENT_ID]: '0' }, { [PARENT_ID]: '' }]) {
      const found = read({ [TRACE_ID]: IDS[TRACE_ID], ...parent });
      assert.deepEqual([found?.traceId, found?.spanId], [SHORT, undefined]);
    }
  });

  const wrong = [
    '',
    '0',
    '00',
    '18446744073709551616',
    '9'.repeat(20),
    '0'.repeat(20) + 1,
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x1',
    'a',
    ' 1',
    '1 ',
    '1,1',
    '1n',
    '١',
  ];
  for (const id of wrong) {
    it(`are ignored with a trace id of "${id}"`, () => assert.equal(read({ ...IDS, [TRACE_ID]: id }), undefined));
  }
  for (const id of wrong.slice(3)) {
    it(`are ignored with a parent id of "${id}"`, () => assert.equal(read({ ...IDS, [PARENT_ID]: id }), undefined));
  }

  it('are not written for a trace whose lower half is zero, which Datadog cannot name', () => {
    assert.deepEqual(write({ traceId: UPPER + '0'.repeat(16), spanId: SPAN, traceFlags: 1 }), {});
    for (const ids of [{ traceId: 'x' }, { spanId: 'x' }]) {
      assert.deepEqual(write({ traceId: SHORT, spanId: SPAN, traceFlags: 1, ...ids }), {});
    }
  });

  it('survive writing and reading, canonical, for any context', () => {
    fc.assert(
      fc.property(ANY_CONTEXT, (span) => {
        const { vendor, ...ids } = brief(read(write(span))) ?? {};
        const sampled = (span.traceFlags & 1) === 1;
        assert.deepEqual(ids, { traceId: span.traceId, spanId: span.spanId, sampled });
        assert.deepEqual(vendor, { 'datadog.sampling-priority': sampled ? '1' : '0' });
      }),
      RUNS,
    );
  });
});

describe('the sampling priority', () => {
  for (const [priority, sampled] of [
    ['-1', false],
    ['0', false],
    ['1', true],
    ['2', true],
  ] as const) {
    it(`${priority} is sent on as it came while the decision stays`, () => {
      const fields = { ...IDS, [PRIORITY]: priority };
      assert.equal(read(fields)?.sampled, sampled);
      assert.deepEqual(passOn(fields), fields);
    });

    it(`${priority} gives way to another decision, and its maker with it`, () => {
      const found = outbound(read({ ...IDS, [PRIORITY]: priority, [TAGS]: '_dd.p.dm=-4,_dd.p.usr=1' })).span;
      assert.ok(found);
      const sent = write({ ...found, traceFlags: sampled ? 0 : 1 });
      assert.deepEqual([sent[PRIORITY], sent[TAGS]], [sampled ? '0' : '1', '_dd.p.usr=1']);
    });
  }

  for (const priority of ['', '3', '-2', '01', '1.0', '+1', 'true', 'x', '1,1']) {
    it(`"${priority}" says nothing: the decision is ours`, () => {
      const found = read({ ...IDS, [PRIORITY]: priority });
      assert.deepEqual([found?.traceId, found?.sampled, found?.vendor], [SHORT, undefined, undefined]);
    });
  }

  it('alone is no context', () => {
    assert.equal(read({ [PRIORITY]: '0', [ORIGIN]: 'rum', [TAGS]: `_dd.p.tid=${UPPER}` }), undefined);
  });
});

describe('origin and tags', () => {
  it('are sent on', () => {
    const fields = { ...IDS, [PRIORITY]: '1', [ORIGIN]: 'rum', [TAGS]: '_dd.p.dm=-4,_dd.p.usr=YQ==' };
    assert.deepEqual(passOn(fields), fields);
  });

  it('lose what is malformed, each on its own', () => {
    const tags = [
      '_dd.p.a=1',
      'b=2',
      '_dd.p.=3',
      '_dd.p.c',
      '_dd.p.d=',
      '_dd.p.e f=1',
      '_dd.p.g=\x7f',
      '_dd.p.h=é',
      '_dd.p.j=\u0131',
      '_dd.p.k=1\t2',
      '',
      ' ',
      '_dd.p.i=1 2 ',
    ];
    const sent = passOn({ ...IDS, [PRIORITY]: '1', [ORIGIN]: 'a b', [TAGS]: tags.join(',') });
    assert.deepEqual(sent, { ...IDS, [PRIORITY]: '1', [TAGS]: '_dd.p.a=1,_dd.p.i=1 2' });
    for (const origin of ['', 'a,b', 'a\r\nb', 'é', 'x'.repeat(129)]) {
      assert.equal(passOn({ ...IDS, [ORIGIN]: origin })[ORIGIN], undefined);
    }
  });

  it('stay within 512 characters together, whole tags only, the half of the trace id first', () => {
    const tag = (name: string, length: number) => `_dd.p.${name}=`.padEnd(length, 'x');
    const full = tag('full', 512);
    assert.equal(passOn({ ...IDS, [TAGS]: `${'junk,'.repeat(3000)}_dd.p.a=1` })[TAGS], undefined);
    assert.equal(passOn({ ...IDS, [TAGS]: full })[TAGS], full);
    assert.equal(passOn({ ...IDS, [TAGS]: `${full}x` })[TAGS], undefined);
    const sent = passOn({
      ...IDS,
      [PRIORITY]: '1',
      [TAGS]: `${tag('a', 400)},${tag('b', 200)},${tag('c', 80)},_dd.p.tid=${UPPER}`,
    });
    assert.equal(sent[TAGS], `_dd.p.tid=${UPPER},${tag('a', 400)},${tag('c', 80)}`);
    assert.equal(passOn({ ...IDS, [TAGS]: `${full},_dd.p.tid=${UPPER}` })[TAGS], `_dd.p.tid=${UPPER}`);
  });

  it("are checked again when they are the app's own", () => {
    const span = { traceId: SHORT, spanId: SPAN, traceFlags: 1 };
    const vendor = {
      'datadog.origin': 'a\r\nb',
      'datadog.tags': '_dd.p.a=1\r\nx: y',
      'datadog.sampling-priority': '9',
    };
    assert.deepEqual(write({ ...span, vendor }), { ...IDS, [PRIORITY]: '1' });
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hands off');
        },
      },
    );
    assert.deepEqual(write({ ...span, vendor: throwing }), { ...IDS, [PRIORITY]: '1' });
  });
});
