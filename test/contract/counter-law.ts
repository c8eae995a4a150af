import assert from 'node:assert/strict';
import type { Throughline } from 'throughline';

type Stats = ReturnType<Throughline['stats']>;

/** The counter law, true at every moment: no span leaves the books. */
export function assertCounterLaw(stats: Stats): void {
  const { started, ended, open, exported, queued, spooled, sampledOut } = stats;
  const dropped = Object.values(stats.dropped).reduce((total, count) => total + count, 0);
  const books = JSON.stringify(stats);
  assert.equal(started, ended + open, `started = ended + open in ${books}`);
  assert.equal(
    ended,
    exported + queued + spooled + sampledOut + dropped,
    `ended = exported + queued + spooled + sampledOut + dropped in ${books}`,
  );
}
