import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertCounterLaw, type SpanCounts } from './checks/counter-law.ts';

const BALANCED = {
  started: 12,
  ended: 10,
  open: 2,
  queued: 1,
  spooled: 0,
  sampledOut: 3,
  exported: 4,
  dropped: { queue: 1, export: 0, limit: 1, spool: 0, shutdown: 0 },
} satisfies SpanCounts;

describe('the counter law', () => {
  it('holds for books that balance, those of each exporter too', () => {
    assertCounterLaw(BALANCED);
    assertCounterLaw({ ...BALANCED, exporters: [BALANCED, { exported: 4, queued: 1 }] });
  });

  const broken: readonly [claim: string, stats: Parameters<typeof assertCounterLaw>[0], message: RegExp][] = [
    ['a span that was started and is nowhere', { ...BALANCED, started: 13 }, /started = ended \+ open/],
    ['a span that ended and is nowhere', { ...BALANCED, exported: 3 }, /ended = exported/],
    ['a drop that is counted twice', { ...BALANCED, dropped: { ...BALANCED.dropped, limit: 2 } }, /ended = exported/],
    ['two mistakes that add up', { ...BALANCED, queued: -1, exported: 6 }, /queued is -1/],
    ['an exporter that lost one', { ...BALANCED, exporters: [{ ...BALANCED, exported: 3 }] }, /exporters\[0\]/],
    ['stats that count nothing', {}, /counts what was started/],
  ];
  for (const [claim, stats, message] of broken) {
    it(`is broken by ${claim}`, () => assert.throws(() => assertCounterLaw(stats), message));
  }
});
