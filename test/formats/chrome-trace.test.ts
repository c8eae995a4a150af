import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';
import { encodeChromeTrace } from '../../src/formats/chrome-trace-encode.ts';
import { bareRecord } from '../contract/suites/sample-record.ts';

const TRACE = '5b8aa5a2d2c872e8321cf37308d69df2';
const START = 1_700_000_000_000;
const BARE: SpanRecord = bareRecord({ traceId: TRACE });
const shop = { attributes: { 'service.name': 'shop' } };
const stock = { attributes: { 'service.name': 'stock' } };

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Record<string, unknown>;
}

describe('encodeChromeTrace', () => {
  it('writes processes, spans, moments, and arrows between processes', () => {
    const call = span('1', undefined, 0, 10, { name: 'GET', kind: 'client', attributes: { a: 1 } });
    const events = [{ name: 'asked', timeMs: START + 2.5, attributes: { n: 1 } }];
    const served = span('2', '1', 2, 5.5, {
      resource: stock,
      kind: 'server',
      events,
      status: { code: 'error', message: 'no' },
    });
    const ids = { traceId: TRACE, spanId: '0000000000000001' };
    assert.deepEqual(JSON.parse(encodeChromeTrace([served, call])), {
      traceEvents: [
        { name: 'process_name', ph: 'M', pid: 1, tid: 0, args: { name: 'stock' } },
        { name: 'process_name', ph: 'M', pid: 2, tid: 0, args: { name: 'shop' } },
        {
          ...{ name: 'GET', cat: 'client', ph: 'X', pid: 2, tid: 1, ts: 0, dur: 10_000 },
          args: { ...ids, status: 'unset', attributes: { a: 1 } },
        },
        {
          ...{ name: '2', cat: 'server', ph: 'X', pid: 1, tid: 1, ts: 2000, dur: 5500 },
          args: {
            ...{ traceId: TRACE, spanId: '0000000000000002', parentSpanId: '0000000000000001' },
            ...{ status: 'error', statusMessage: 'no', attributes: {} },
          },
        },
        { name: 'asked', cat: 'event', ph: 'i', s: 't', pid: 1, tid: 1, ts: 2500, args: { n: 1 } },
        { name: 'call', cat: 'call', id: 1, ph: 's', pid: 2, tid: 1, ts: 0 },
        { name: 'call', cat: 'call', id: 1, ph: 'f', bp: 'e', pid: 1, tid: 1, ts: 2000 },
      ],
      displayTimeUnit: 'ms',
      otherData: { start: '2023-11-14T22:13:20.000Z' },
    });
  });

  it('has nothing to draw for no spans', () => {
    assert.deepEqual(JSON.parse(encodeChromeTrace([])).traceEvents, []);
  });

  it('puts children on their parent’s track, and what runs beside or outlives it on others', () => {
    const records = [
      span('1', undefined, 0, 10),
      span('2', '1', 1, 3),
      span('3', '1', 2, 3), // beside 2
      span('4', '1', 5, 2), // after 2
      span('5', '1', 8, 9), // outlives its parent
      span('6', '5', 9, 1),
      span('7', undefined, 20, 1),
    ];
    assert.deepEqual(tracks(records), { 1: 1, 2: 1, 3: 2, 4: 1, 5: 2, 6: 2, 7: 1 });
  });

  it('takes equal resources for one process, and spans without a service for unknown', () => {
    const again = { attributes: { 'service.name': 'shop' } };
    const records = [span('1', undefined, 0, 1), span('2', undefined, 0, 1, { resource: again }), bareRecord()];
    const names = events(records).filter(({ ph }) => ph === 'M');
    assert.deepEqual(
      names.map(({ args }) => args.name),
      ['shop', 'unknown'],
    );
  });

  it('never lets two spans of a track overlap but as child and parent', () => {
    const spans = fc.array(fc.record({ parent: fc.nat(30), at: fc.nat(50), took: fc.nat(30) }), { maxLength: 30 });
    fc.assert(
      fc.property(spans, (shapes) => {
        const records = shapes.map(({ parent, at, took }, n) => {
          return span(String(n + 1), parent === 0 ? undefined : String(parent), at, took);
        });
        const drawn = events(records).filter(({ ph }) => ph === 'X');
        assert.equal(drawn.length, records.length);
        for (const a of drawn) {
          for (const b of drawn) {
            if (a === b || a.tid !== b.tid) continue;
            const isApart = a.ts + a.dur <= b.ts || b.ts + b.dur <= a.ts;
            const isInside = (x: Event, y: Event) => x.ts >= y.ts && x.ts + x.dur <= y.ts + y.dur;
            assert.ok(isApart || isInside(a, b) || isInside(b, a), JSON.stringify([a, b]));
          }
        }
      }),
      { seed: 20_261_125, numRuns: 200 },
    );
  });

  it('lays out 20,000 spans side by side, and 5,000 inside each other', () => {
    const wide = Array.from({ length: 20_000 }, (_, n) => span((n + 1).toString(16), undefined, n / 1000, 100));
    assert.equal(new Set(Object.values(tracks(wide))).size, 20_000);
    const deep = Array.from({ length: 5000 }, (_, n) =>
      span((n + 1).toString(16), n === 0 ? undefined : n.toString(16), n, 20_000 - 2 * n),
    );
    assert.equal(new Set(Object.values(tracks(deep))).size, 1);
  });
});

function span(
  id: string,
  parent: string | undefined,
  at: number,
  took: number,
  overrides: Partial<SpanRecord> = {},
): SpanRecord {
  return {
    ...BARE,
    spanId: id.padStart(16, '0'),
    parentSpanId: parent?.padStart(16, '0'),
    name: id,
    startTimeMs: START + at,
    durationMs: took,
    resource: shop,
    ...overrides,
  };
}

function events(records: readonly SpanRecord[]): Event[] {
  return JSON.parse(encodeChromeTrace(records)).traceEvents;
}

/** The track of each span by its name. */
function tracks(records: readonly SpanRecord[]): Record<string, number> {
  const spans = events(records).filter(({ ph }) => ph === 'X');
  return Object.fromEntries(spans.map(({ name, tid }) => [name, tid]));
}
