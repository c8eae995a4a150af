import assert from 'node:assert/strict';

/** Ended spans that did not arrive, by reason. */
interface DroppedCounts {
  readonly queue: number;
  readonly export: number;
  readonly limit: number;
  readonly spool: number;
  readonly shutdown: number;
}

/** Spans by what became of them: `Throughline.stats()`, and each element of its `exporters`. */
export interface SpanCounts {
  readonly started?: number;
  readonly ended?: number;
  readonly open?: number;
  readonly queued?: number;
  readonly spooled?: number;
  readonly sampledOut?: number;
  readonly exported?: number;
  readonly dropped?: DroppedCounts;
}

/**
 * The counter law, true at every moment: no span leaves the books.
 *
 *     started = ended + open
 *     ended   = exported + queued + spooled + sampledOut + dropped{reason}
 *
 * Of each exporter only what it counts can be held to it: one that has no `started` is not asked for the first line.
 */
export function assertCounterLaw(stats: SpanCounts & { readonly exporters?: readonly SpanCounts[] }): void {
  assert.notEqual(stats.started, undefined, 'stats() counts what was started');
  assert.notEqual(stats.ended, undefined, 'stats() counts what was ended');
  assertBalanced(stats, 'stats()');
  stats.exporters?.forEach((counts, index) => {
    assertBalanced(counts, `stats().exporters[${index}]`);
  });
}

function assertBalanced(counts: SpanCounts, name: string): void {
  assertWholeNumbers(counts, name);
  const { started, ended, open, exported } = counts;
  if (started !== undefined && ended !== undefined) {
    assert.equal(started, ended + (open ?? 0), `${name}: started = ended + open, in ${JSON.stringify(counts)}`);
  }
  if (ended !== undefined && exported !== undefined) {
    const accounted = exported + sum([counts.queued, counts.spooled, counts.sampledOut]) + sumDropped(counts);
    assert.equal(
      ended,
      accounted,
      `${name}: ended = exported + queued + spooled + sampledOut + dropped, in ${JSON.stringify(counts)}`,
    );
  }
}

/** A count below zero, or of half a span, can still add up: two mistakes that hide each other. */
function assertWholeNumbers(counts: SpanCounts, name: string): void {
  const { started, ended, open, queued, spooled, sampledOut, exported, dropped } = counts;
  const all = { started, ended, open, queued, spooled, sampledOut, exported, ...dropped };
  for (const [key, value] of Object.entries(all)) {
    assert.ok(value === undefined || (Number.isSafeInteger(value) && value >= 0), `${name}: ${key} is ${value}`);
  }
}

function sumDropped({ dropped }: SpanCounts): number {
  return sum(Object.values(dropped ?? {}));
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
}
