import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { environmentVariables, xray } from 'throughline/propagation';
import { carrierSetter } from '../../propagation/carriers.ts';
import type { RemoteContext, SpanContext } from '../../propagation/context.ts';
import { xrayLambda } from '../../propagation/xray.ts';
import { extractFrom, injectInto, propagatorContract } from '../contract/suites/propagator.ts';
import { ANY_CONTEXT, brief, RUNS } from './any-context.ts';

const HEADER = 'x-amzn-trace-id';
const TRACE = '5759e988bd862e3fe1be46a994272793';
const SPAN = '53995c3f42cd8ad8';
const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const GRAMMAR =
  /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}(?:;Parent=(?!0{16})[0-9a-f]{16})?(?:;Sampled=[01])?(?:;[!-:<>-~]+=[ -:<-~]*)*$/;

propagatorContract(xray, {
  valid: [ROOT, `${ROOT};Sampled=0`, `${ROOT};Parent=${SPAN}`, `${ROOT};Parent=${SPAN};Sampled=1`].map((header) => ({
    [HEADER]: header,
  })),
  grammar: { [HEADER]: GRAMMAR },
});

function read(header: string): RemoteContext | undefined {
  return extractFrom(xray, { [HEADER]: header });
}

function write(span: SpanContext): string | undefined {
  return injectInto(xray, { span, baggage: undefined })[HEADER];
}

describe('X-Amzn-Trace-Id', () => {
  const valid: readonly [header: string, spanId: string | undefined, sampled: boolean | undefined][] = [
    [`${ROOT};Parent=${SPAN};Sampled=1`, SPAN, true],
    [`${ROOT};Parent=${SPAN};Sampled=0`, SPAN, false],
    [`Sampled=1;Parent=${SPAN};${ROOT}`, SPAN, true],
    [`${ROOT}; Parent=${SPAN} ;\tSampled=1 `, SPAN, true],
    [`${ROOT};Parent = ${SPAN}`, SPAN, undefined],
    [`${ROOT};Sampled=1`, undefined, true],
    [`${ROOT};Sampled=?`, undefined, undefined],
    [`${ROOT};Sampled=`, undefined, undefined],
    [`${ROOT};Sampled=2`, undefined, undefined],
    [`${ROOT};Sampled=true`, undefined, undefined],
    [`${ROOT};Parent=;Sampled=0`, undefined, false],
    [`${ROOT.toUpperCase().replace('ROOT', 'Root')};Parent=${SPAN.toUpperCase()}`, SPAN, undefined],
  ];
  for (const [header, spanId, sampled] of valid) {
    it(`is read: ${header}`, () => {
      const found = read(header);
      assert.deepEqual([found?.traceId, found?.spanId, found?.sampled], [TRACE, spanId, sampled]);
      assert.deepEqual([found?.random, found?.debug], [false, false]);
    });
  }

  it('keeps the trace of a load balancer, which sends no parent and no decision', () => {
    const self = 'Self=1-67891234-12456789abcdef012345678';
    for (const header of [ROOT, `${self};${ROOT}`, `${ROOT};${self}`]) {
      assert.deepEqual(brief(read(header)), { traceId: TRACE });
    }
  });

  it('sends on fields that are not its own, and no Self of a load balancer', () => {
    const came = read(
      `Self=1-67891234-12456789abcdef0123456789; ${ROOT}; Lineage=1:a87bd80c:5 ;Parent=${SPAN};own=a=b`,
    );
    const span = { traceId: TRACE, spanId: SPAN, traceFlags: 1, vendor: came?.vendor };
    const sent = injectInto(xray, { span, baggage: undefined })[HEADER];
    assert.equal(sent, `${ROOT};Parent=${SPAN};Sampled=1;Lineage=1:a87bd80c:5;own=a=b`);
    assert.deepEqual(read(sent ?? '')?.vendor, came?.vendor);
  });

  it('keeps the fields of the header that stands there, rather than those that came', () => {
    const span = { traceId: TRACE, spanId: SPAN, traceFlags: 1, vendor: read(`${ROOT};Lineage=1:old:1`)?.vendor };
    for (const [standing, others] of [
      [
        `Root=1-00000000-000000000000000000000001;Parent=0000000000000001;Sampled=0;Lineage=1:new:2`,
        ';Lineage=1:new:2',
      ],
      ['Root=1-00000000-000000000000000000000001', ''],
    ] as const) {
      const carrier = { 'X-Amzn-Trace-Id': standing };
      xray.inject({ span, baggage: undefined }, carrier, carrierSetter(carrier));
      assert.deepEqual(carrier, { [HEADER]: `${ROOT};Parent=${SPAN};Sampled=1${others}` });
    }
  });

  it('keeps whole fields of what is not its own, up to 512 characters', () => {
    const fields = Array.from({ length: 100 }, (_, i) => `field${i}=${'x'.repeat(40)}`);
    const kept = read(`${ROOT};${fields.join(';')}`)?.vendor?.['xray.fields'] ?? '';
    assert.ok(kept.length > 400 && kept.length <= 512, String(kept.length));
    assert.equal(kept, fields.slice(0, kept.split(';').length).join(';'));
  });

  it('never sends what would not be a header', () => {
    for (const others of ['a=b\r\nx: y', 'a=é', 'Root=1-2-3;Parent=1', 'x'.repeat(2000), 5, { a: 1 }]) {
      const vendor = { 'xray.fields': others as string };
      const span = { traceId: TRACE, spanId: SPAN, traceFlags: 1, vendor };
      assert.equal(injectInto(xray, { span, baggage: undefined })[HEADER], `${ROOT};Parent=${SPAN};Sampled=1`);
    }
  });

  it('is Lambda’s own word on Lambda, before the header', () => {
    const variables: Record<string, string | undefined> = {};
    const lambda = xrayLambda(variables);
    const header = { [HEADER]: `${ROOT};Parent=${SPAN};Sampled=0` };
    assert.equal(extractFrom(lambda, header)?.sampled, false);
    variables._X_AMZN_TRACE_ID = `${ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:5`;
    assert.deepEqual(brief(extractFrom(lambda, header)), {
      ...{ traceId: TRACE, spanId: '53995c3f42cd8ad8', sampled: true },
      vendor: { 'xray.fields': 'Lineage=1:a87bd80c:5' },
    });
    variables._X_AMZN_TRACE_ID = 'junk';
    assert.equal(extractFrom(lambda, header)?.sampled, false);
  });

  it('is read from the variable that Lambda sets, as from any other', () => {
    const getter = environmentVariables;
    const variables = { _X_AMZN_TRACE_ID: `${ROOT};Parent=${SPAN};Sampled=1` };
    assert.equal(xray.extract(variables, getter)?.spanId, SPAN);
    assert.equal(xray.extract({ ...variables, X_AMZN_TRACE_ID: `${ROOT}` }, getter)?.spanId, undefined);
  });

  it('passes over fields that are not its own, whatever they hold', () => {
    for (const field of ['Lineage=100:e3b0c442:11|1:2', 'CalledFrom=app', 'Self=', 'x', '=', '==', 'Root', ' ', '']) {
      const { vendor, ...context } = brief(read(`${field};${ROOT};${field};Parent=${SPAN};${field}`)) ?? {};
      assert.deepEqual(context, { traceId: TRACE, spanId: SPAN });
      assert.ok(vendor === undefined || /^[LC]/.test(field), field);
    }
  });

  it('takes names exactly, not as a prefix and not in another case', () => {
    const other = '1-00000000-000000000000000000000001';
    for (const name of ['Rooted', 'MyRoot', 'root', 'ROOT', 'Root1']) {
      assert.equal(read(`${name}=${other}`), undefined);
      assert.equal(read(`${name}=${other};${ROOT}`)?.traceId, TRACE);
    }
    assert.equal(read(`${ROOT};Parents=${SPAN};sampled=1`)?.spanId, undefined);
    assert.equal(read(`${ROOT};Parents=${SPAN};sampled=1`)?.sampled, undefined);
  });

  const malformed = [
    '',
    `Parent=${SPAN};Sampled=1`,
    'Sampled=0',
    'Root=',
    'Root=2-5759e988-bd862e3fe1be46a994272793',
    'Root=01-5759e988-bd862e3fe1be46a994272793',
    'Root=1-5759e98-bd862e3fe1be46a994272793',
    'Root=1-5759e9888-bd862e3fe1be46a99427279',
    'Root=1-5759e988-bd862e3fe1be46a99427279',
    'Root=1-5759e988-bd862e3fe1be46a9942727931',
    'Root=1-5759e988-bd862e3fe1be46a99427279g',
    'Root=1-5759e988.bd862e3fe1be46a994272793',
    'Root=1.5759e988-bd862e3fe1be46a994272793',
    'Root=1-00000000-000000000000000000000000',
    `${ROOT}junk`,
    `${ROOT}-1`,
    `${ROOT};Parent=0000000000000000`,
    `${ROOT};Parent=53995c3f42cd8ad`,
    `${ROOT};Parent=53995c3f42cd8ad81`,
    `${ROOT};Parent=53995c3f42cd8adg`,
    `${ROOT};${ROOT}`,
    `${ROOT},${ROOT}`,
    `${ROOT};Parent=${SPAN};Parent=${SPAN}`,
    `${ROOT};Sampled=0;Sampled=1`,
    `${ROOT};Padding=${'x'.repeat(8192)}`,
  ];
  for (const header of malformed) {
    it(`is ignored as a whole: ${header.slice(0, 90) || 'nothing'}`, () => assert.equal(read(header), undefined));
  }

  it('is written in one order with the decision of the span', () => {
    const span = { traceId: TRACE, spanId: SPAN, traceFlags: 3, debug: true };
    assert.equal(write(span), `${ROOT};Parent=${SPAN};Sampled=1`);
    assert.equal(write({ ...span, traceFlags: 2 }), `${ROOT};Parent=${SPAN};Sampled=0`);
    assert.equal(write({ ...span, deferred: true }), `${ROOT};Parent=${SPAN}`);
  });

  it('is not written for ids that are none', () => {
    for (const ids of [{ traceId: 'x' }, { spanId: 'x' }, { traceId: '0'.repeat(32) }, { traceId: `${TRACE}\r\n` }]) {
      assert.equal(write({ traceId: TRACE, spanId: SPAN, traceFlags: 1, ...ids }), undefined);
    }
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
});
