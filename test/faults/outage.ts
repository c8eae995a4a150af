import { setTimeout } from 'node:timers/promises';
import type { Extent, Outcome, Scenario } from './scenario.ts';
import { must, mustWhenMeasured } from './scenario.ts';
import { booksProblem, droppedOf, missingOf, World } from './world.ts';

const MB = 1024 * 1024;
const DRAIN_MS = 15_000;

interface Outage {
  readonly rate: number;
  readonly beforeMs: number;
  readonly downMs: number;
  readonly afterMs: number;
}

const MINUTE: Outage = { rate: 500, beforeMs: 15_000, downMs: 30_000, afterMs: 15_000 };
const FIVE_MINUTES: Outage = { rate: 500, beforeMs: 5_000, downMs: 300_000, afterMs: 5_000 };
/** As many spans as the minute loses without a spool, in a few seconds. */
const BRIEF: Outage = { rate: 4000, beforeMs: 500, downMs: 3_000, afterMs: 500 };

/** FAULTS.md row 1: the collector goes away and comes back. */
async function withSpool(outage: Outage, extent: Extent): Promise<Outcome> {
  const world = await World.open();
  try {
    const service = await world.service({ run: 'outage', rate: outage.rate, ending: 'stay' });
    await world.untilArrived('outage', 1, DRAIN_MS);
    await setTimeout(outage.beforeMs);
    const { heapBytes: heapBefore } = await service.weigh();
    await world.proxy.become('refuse');
    let highestHeap = 0;
    let spooled = 0;
    for (const endMs = performance.now() + outage.downMs; performance.now() < endMs; ) {
      await setTimeout(Math.min(2000, outage.downMs / 2));
      const figures = await service.weigh();
      highestHeap = Math.max(highestHeap, figures.heapBytes);
      spooled = Math.max(spooled, figures.stats.spooled);
    }
    const { ended: endedWhileDown } = await service.figures();
    await world.proxy.become('pass');
    const { tookMs: drainedMs, missing: undrained } = await world.untilArrived('outage', endedWhileDown, 2 * DRAIN_MS);
    await setTimeout(Math.max(0, outage.afterMs - drainedMs));
    const { ended } = await service.stopMaking();
    const { missing } = await world.untilArrived('outage', ended, DRAIN_MS);
    const { stats } = await service.figures();
    const { received, distinct } = await world.sink.arrived();
    const heapGrowthMb = (highestHeap - heapBefore) / MB;
    return {
      figures: {
        spans: ended,
        lost: missing.length,
        sentAgain: received - distinct,
        mostSpooled: spooled,
        drainedMs: Math.round(drainedMs),
        heapGrowthMb: Number(heapGrowthMb.toFixed(1)),
        logLines: linesOf(service.stderr),
      },
      problems: [
        ...must(missing.length === 0, `${missing.length} of ${ended} spans were lost`),
        ...must(droppedOf(stats) === 0, `stats() counts ${droppedOf(stats)} dropped`),
        ...must(received - distinct <= 512, `${received - distinct} spans were sent again: more than one batch`),
        ...booksProblem(stats),
        ...mustWhenMeasured(extent, undrained.length === 0 && drainedMs <= DRAIN_MS, `drained after ${drainedMs} ms`),
        ...mustWhenMeasured(extent, heapGrowthMb <= 16, `the heap grew by ${heapGrowthMb.toFixed(1)} MB`),
      ],
    };
  } finally {
    await world.close();
  }
}

/** FAULTS.md row 2: the same without a spool. What is lost is counted, and one line says each change. */
async function withoutSpool(outage: Outage): Promise<Outcome> {
  const world = await World.open();
  try {
    const options = { service: 'fault', spool: 'off' } as const;
    const service = await world.service({ run: 'outage', rate: outage.rate, ending: 'stay', options });
    await world.untilArrived('outage', 1, DRAIN_MS);
    await setTimeout(outage.beforeMs);
    await world.proxy.become('refuse');
    await setTimeout(outage.downMs);
    await world.proxy.become('pass');
    await setTimeout(outage.afterMs);
    const { ended } = await service.stopMaking();
    await untilSent(service, DRAIN_MS);
    const { stats } = await service.figures();
    const missing = missingOf(await world.sink.arrived(), 'outage', ended);
    const lines = linesOf(service.stderr);
    return {
      figures: { spans: ended, lost: missing.length, counted: droppedOf(stats), logLines: lines },
      problems: [
        ...must(missing.length <= droppedOf(stats), `${missing.length} lost, ${droppedOf(stats)} counted`),
        // The batch on its way when the line was cut may have arrived: nobody could know, and it is counted as lost.
        ...must(droppedOf(stats) - missing.length <= 512, `${missing.length} lost, but ${droppedOf(stats)} counted`),
        ...must(
          stats.dropped.queue === droppedOf(stats),
          `dropped for another reason than room: ${JSON.stringify(stats.dropped)}`,
        ),
        ...must(missing.length > 0, 'nothing was lost: the fault was too small to show anything'),
        ...must(lines === 3, `${lines} lines for three states:\n${service.stderr}`),
        ...booksProblem(stats),
      ],
    };
  } finally {
    await world.close();
  }
}

async function untilSent(
  service: { figures(): Promise<{ stats: { queued: number } }> },
  timeoutMs: number,
): Promise<void> {
  for (const endMs = performance.now() + timeoutMs; performance.now() < endMs; ) {
    if ((await service.figures()).stats.queued === 0) return;
    await setTimeout(100);
  }
}

function linesOf(stderr: string): number {
  return stderr.split('\n').filter((line) => line !== '').length;
}

export const outageScenarios: readonly Scenario[] = [
  {
    row: 1,
    fault: 'the collector is down for 30 s of a minute, 500 spans/s, spool on',
    holds: '0 lost; at most the batch on its way is sent again; drained within 15 s; heap +16 MB at most',
    run: (extent) => withSpool(extent.isLong ? MINUTE : BRIEF, extent),
  },
  {
    row: 1,
    fault: 'the collector is down for 5 min, 500 spans/s, spool on',
    holds: '0 lost; at most the batch on its way is sent again; drained within 15 s; heap +16 MB at most',
    run: (extent) => withSpool(extent.isLong ? FIVE_MINUTES : { ...BRIEF, downMs: 5_000 }, extent),
  },
  {
    row: 2,
    fault: 'the collector is down for 30 s of a minute, 500 spans/s, spool off',
    holds: 'loss by the byte cap only (8 MiB of records), what is lost is counted, one line for each change',
    run: (extent) => withoutSpool(extent.isLong ? MINUTE : BRIEF),
  },
];
