import { setTimeout } from 'node:timers/promises';
import { type Extent, must, mustWhenMeasured, type Outcome, type Scenario } from './scenario.ts';
import { booksProblem, droppedOf, missingOf, World } from './world.ts';

const MB = 1024 * 1024;

/** FAULTS.md row 12 and the export's share of the event loop: many spans, live or with the collector dead. */
async function manySpans(isAlive: boolean, extent: Extent): Promise<Outcome> {
  const world = await World.open();
  const rate = 5000;
  const total = extent.isLong ? 1_000_000 : 20_000;
  try {
    if (!isAlive) await world.proxy.become('refuse');
    const service = await world.service({ run: 'load', rate, total, attributes: 18, ending: 'stay' });
    // The same process without us, at the same time: what the machine and the making of spans delay by themselves.
    const bare = await world.service({ run: 'bare', rate, total, attributes: 18, ending: 'stay', traced: false });
    await setTimeout(1000);
    await Promise.all([service.weigh(), bare.weigh()]); // from here on: what compiles at the start is no load
    const heaps: { readonly ended: number; readonly bytes: number }[] = [];
    let blockMs = 0;
    let bareMs = 0;
    for (;;) {
      await setTimeout(extent.isLong ? 10_000 : 1000);
      const [figures, beside] = await Promise.all([service.weigh(), bare.weigh()]);
      heaps.push({ ended: figures.ended, bytes: figures.heapBytes });
      blockMs = Math.max(blockMs, figures.blockMs);
      bareMs = Math.max(bareMs, beside.blockMs);
      if (figures.ended >= total) break;
    }
    const byUsMs = Math.max(0, blockMs - bareMs);
    const endMs = performance.now() + 30_000;
    let { stats } = await service.figures();
    while (isAlive && stats.queued + stats.spooled > 0 && performance.now() < endMs) {
      await setTimeout(200);
      stats = (await service.figures()).stats;
    }
    const slope = slopePer100k(heaps.slice(Math.floor(heaps.length / 3)));
    const missing = isAlive ? missingOf(await world.sink.arrived(), 'load', total).length : 0;
    return {
      figures: {
        spans: total,
        lost: isAlive ? missing : 'collector dead',
        spooled: stats.spooled,
        dropped: droppedOf(stats),
        heapSlopeMbPer100k: Number((slope / MB).toFixed(2)),
        delayMsP999: Number(blockMs.toFixed(1)),
        delayMsP999WithoutUs: Number(bareMs.toFixed(1)),
      },
      problems: [
        ...must(missing === 0, `${missing} of ${total} spans were lost: ${JSON.stringify(stats)}`),
        ...booksProblem(stats),
        ...mustWhenMeasured(
          extent,
          slope / MB <= 0.2,
          `the heap grows by ${(slope / MB).toFixed(2)} MB in 100,000 spans`,
        ),
        ...mustWhenMeasured(extent, byUsMs <= 10, `the event loop is late by ${byUsMs.toFixed(1)} ms more at p99.9`),
      ],
    };
  } finally {
    await world.close();
  }
}

/** Least squares: bytes of heap for each 100,000 spans. */
function slopePer100k(points: readonly { readonly ended: number; readonly bytes: number }[]): number {
  const meanX = points.reduce((sum, { ended }) => sum + ended, 0) / points.length;
  const meanY = points.reduce((sum, { bytes }) => sum + bytes, 0) / points.length;
  let product = 0;
  let square = 0;
  for (const { ended, bytes } of points) {
    product += (ended - meanX) * (bytes - meanY);
    square += (ended - meanX) ** 2;
  }
  return square === 0 ? 0 : (product / square) * 100_000;
}

export const loadScenarios: readonly Scenario[] = [
  {
    row: 12,
    fault: '1 M spans of 20 attributes at 5,000/s, the collector answers',
    holds: '0 lost; heap slope ≤ 0.2 MB a 100,000 spans; event loop at most 10 ms later at p99.9 than without us',
    run: (extent) => manySpans(true, extent),
  },
  {
    row: 12,
    fault: '1 M spans of 20 attributes at 5,000/s, the collector is dead',
    holds: 'heap slope ≤ 0.2 MB a 100,000 spans; event loop at most 10 ms later at p99.9 than without us',
    run: (extent) => manySpans(false, extent),
  },
];
