import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cloudtrace } from 'throughline/propagation';
import type { RemoteContext, SpanContext } from '../../propagation/context.ts';
import { extractFrom, injectInto, propagatorContract } from '../contract/suites/propagator.ts';
import { ANY_CONTEXT, brief, RUNS } from './any-context.ts';

const HEADER = 'x-cloud-trace-context';
const TRACE = '105445aa7843bc8bf206b12000100000';
const MAX = '18446744073709551615';
const GRAMMAR = /^(?!0{32})[0-9a-f]{32}(?:\/[1-9][0-9]{0,19})?(?:;o=[01])?$/;

propagatorContract(cloudtrace, {
  valid: [TRACE, `${TRACE};o=1`, `${TRACE}/1`, `${TRACE}/${MAX};o=0`, `${TRACE}/1;o=1`].map((header) => ({
    [HEADER]: header,
  })),
  grammar: { [HEADER]: GRAMMAR },
});

function read(header: string): RemoteContext | undefined {
  return extractFrom(cloudtrace, { [HEADER]: header });
}

function write(span: SpanContext): string | undefined {
  return injectInto(cloudtrace, { span, baggage: undefined })[HEADER];
}

describe('X-Cloud-Trace-Context', () => {
  const one = '0000000000000001';
  const valid: readonly [header: string, spanId: string | undefined, sampled: boolean | undefined][] = [
    [`${TRACE}/1;o=1`, one, true],
    [`${TRACE}/1;o=0`, one, false],
    [`${TRACE}/1`, one, undefined],
    [`${TRACE}/1;o=`, one, undefined],
    [`${TRACE}/0001`, one, undefined],
    [`${TRACE}/10;o=1`, '000000000000000a', true],
    [`${TRACE}/9007199254740993;o=1`, '0020000000000001', true],
    [`${TRACE}/${MAX};o=1`, 'f'.repeat(16), true],
    [`${TRACE}/0;o=1`, undefined, true],
    [`${TRACE}/;o=1`, undefined, true],
    [`${TRACE}/`, undefined, undefined],
    [`${TRACE};o=1`, undefined, true],
    [`${TRACE};o=0`, undefined, false],
    [TRACE, undefined, undefined],
    [`${TRACE}/1;o=3`, one, true],
    [`${TRACE}/1;o=2`, one, false],
    [`${TRACE.toUpperCase()}/1;o=1`, one, true],
  ];
  for (const [header, spanId, sampled] of valid) {
    it(`is read: ${header}`, () => {
      const found = read(header);
      assert.deepEqual([found?.traceId, found?.spanId, found?.sampled], [TRACE, spanId, sampled]);
      assert.deepEqual([found?.random, found?.debug], [false, false]);
    });
  }

  const malformed = [
    '',
    `${'0'.repeat(32)}/1;o=1`,
    `${TRACE.slice(1)}/1;o=1`,
    `1${TRACE}/1;o=1`,
    `g${TRACE.slice(1)}/1;o=1`,
    `${TRACE}/18446744073709551616;o=1`,
    `${TRACE}/99999999999999999999`,
    `${TRACE}/000000000000000000001`,
    `${TRACE}/-1`,
    `${TRACE}/+1`,
    `${TRACE}/0x1`,
    `${TRACE}/1e3`,
    `${TRACE}/1.0`,
    `${TRACE}/1n`,
    `${TRACE}/a;o=1`,
    `${TRACE}//1`,
    `${TRACE}/1;o=x`,
    `${TRACE}/1;o=-1`,
    `${TRACE}/1;o=1 `,
    `${TRACE}/1;o=1;o=1`,
    `${TRACE}/1;o=1111`.padEnd(60, '1'),
    `${TRACE}/1;p=1`,
    `${TRACE}/1;`,
    `${TRACE}/1 ;o=1`,
    ` ${TRACE}/1;o=1`,
    `${TRACE}/1;o=1,${TRACE}/1;o=1`,
    `${TRACE}-1`,
  ];
  for (const header of malformed) {
    it(`is ignored: ${header || 'nothing'}`, () => assert.equal(read(header), undefined));
  }

  it('is written with the decision of the span, as far as there is one', () => {
    const span = { traceId: TRACE, spanId: 'f'.repeat(16), traceFlags: 3 };
    assert.equal(write(span), `${TRACE}/${MAX};o=1`);
    assert.equal(write({ ...span, traceFlags: 0 }), `${TRACE}/${MAX};o=0`);
    assert.equal(write({ ...span, deferred: true }), `${TRACE}/${MAX}`);
    assert.equal(write({ ...span, traceId: 'x' }), undefined);
    assert.equal(write({ ...span, spanId: 'x' }), undefined);
  });

  it('survives writing and reading, canonical, for any context', () => {
    fc.assert(
      fc.property(ANY_CONTEXT, (span) => {
        const header = write(span) ?? '';
        assert.match(header, GRAMMAR);
        assert.deepEqual(brief(read(header)), {
          traceId: span.traceId,
          spanId: span.spanId,
          sampled: (span.traceFlags & 1) === 1,
        });
      }),
      RUNS,
    );
  });

  it('writes every span id as a BigInt does', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (number) => {
        const spanId = number.toString(16).padStart(16, '0');
        assert.equal(write({ traceId: TRACE, spanId, traceFlags: 1 }), `${TRACE}/${number};o=1`);
      }),
      RUNS,
    );
  });

  it('reads every 64-bit decimal as a BigInt does, and no greater one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 65n }), (number) => {
        const hex = number < 2n ** 64n ? number.toString(16).padStart(16, '0') : undefined;
        assert.equal(read(`${TRACE}/${number}`)?.spanId, hex);
      }),
      RUNS,
    );
  });
});
