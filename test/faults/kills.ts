import { setTimeout } from 'node:timers/promises';
import { type Extent, must, mustWhenMeasured, type Outcome, type Scenario } from './scenario.ts';
import type { ServiceOrder } from './service-order.ts';
import { missingOf, World } from './world.ts';

const RATE = 500;
const AT_ONCE = 2;

/** Moments after the first span, spread over what a batch goes through; the golden ratio never repeats. */
function momentMs(index: number): number {
  return 20 + ((index * 0.618) % 1) * 600;
}

/** FAULTS.md row 3: SIGKILL at random moments. What it had written, a later process of the service finds. */
async function killedWith(mode: 'ahead' | 'overflow', extent: Extent): Promise<Outcome> {
  const world = await World.open();
  const kills = extent.isLong ? 200 : 12;
  const endedByRun = new Map<string, number>();
  try {
    const kill = async (index: number): Promise<void> => {
      const run = `kill ${index}`;
      const options = { service: 'fault', spool: world.spool(mode) };
      const order: ServiceOrder = { run, rate: RATE, tellsEach: true, ending: 'stay', options };
      const service = await world.service(order);
      await setTimeout(momentMs(index));
      service.kill('SIGKILL');
      endedByRun.set(run, (await service.end).ended);
    };
    const indexes = Array.from({ length: kills }, (_, i) => i).values();
    const lane = async (): Promise<void> => {
      for (const index of indexes) await kill(index);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const lost = await lostAfterSuccession(world, endedByRun);
    const worst = Math.max(0, ...lost.values());
    const total = [...lost.values()].reduce((sum, count) => sum + count, 0);
    const { received, distinct } = await world.sink.arrived();
    const ended = [...endedByRun.values()].reduce((sum, count) => sum + count, 0);
    const worstMs = Math.round((worst * 1000) / RATE);
    return {
      figures: {
        kills,
        spans: ended,
        lost: total,
        mostLostInOneKill: worst,
        mostLostMs: worstMs,
        sentAgain: received - distinct,
      },
      problems: [
        ...must(ended > kills, 'hardly any span had ended: nothing was shown'),
        ...(mode === 'ahead'
          ? must(total === 0, `${total} of ${ended} ended spans were lost`)
          : mustWhenMeasured(extent, worstMs <= 200, `a kill lost ${worstMs} ms of spans`)),
      ],
    };
  } finally {
    await world.close();
  }
}

/** Waits as long as the successor still finds some. */
async function lostAfterSuccession(
  world: World,
  endedByRun: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  return world.withSuccessor(async () => {
    let before = Number.POSITIVE_INFINITY;
    for (let quietTurns = 0; ; quietTurns++) {
      const arrived = await world.sink.arrived();
      const lost = new Map([...endedByRun].map(([run, ended]) => [run, missingOf(arrived, run, ended).length]));
      const total = [...lost.values()].reduce((sum, count) => sum + count, 0);
      if (total === 0 || quietTurns === 100) return lost;
      if (total < before) quietTurns = 0;
      before = total;
      await setTimeout(50);
    }
  });
}

export const killScenarios: readonly Scenario[] = [
  {
    row: 3,
    fault: "SIGKILL at 200 moments, `spool: 'ahead'`",
    holds: '0 ended spans lost: the next process of the service sends them',
    run: (extent) => killedWith('ahead', extent),
  },
  {
    row: 3,
    fault: 'SIGKILL at 200 moments, default spool, beside a collector that answers',
    holds: 'only what was not yet acknowledged: at most 200 ms of spans',
    run: (extent) => killedWith('overflow', extent),
  },
];
