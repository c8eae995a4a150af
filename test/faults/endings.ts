import type { Fault } from './fault-proxy.ts';
import type { ServiceEnd } from './processes.ts';
import { type Extent, must, mustWhenMeasured, type Outcome, type Scenario } from './scenario.ts';
import type { ServiceOrder } from './service-order.ts';
import { booksProblem, droppedOf, World } from './world.ts';

type Ending = NonNullable<ServiceOrder['ending']>;

/** A way for a process to end, with the status or signal it ends with when nobody traces. */
interface Way {
  readonly name: string;
  readonly ending: Ending;
  readonly signal?: 'SIGTERM' | 'SIGINT' | 'SIGHUP';
  readonly signalHandler?: number;
}

const WAYS: readonly Way[] = [
  { name: 'natural end', ending: 'natural' },
  { name: 'process.exit', ending: 'exit' },
  { name: 'await shutdown()', ending: 'shutdown' },
  { name: 'uncaught throw', ending: 'throw' },
  { name: 'unhandled rejection', ending: 'reject' },
  { name: 'SIGTERM', ending: 'stay', signal: 'SIGTERM' },
  { name: 'SIGINT', ending: 'stay', signal: 'SIGINT' },
  { name: 'SIGHUP', ending: 'stay', signal: 'SIGHUP' },
  { name: "SIGTERM, the app's own handler", ending: 'stay', signal: 'SIGTERM', signalHandler: 3 },
];

/** Without a spool these leave no time for anything asynchronous: what waited is lost, as it was counted. */
const WITHOUT_ASYNC_TIME: readonly string[] = [
  'process.exit',
  'uncaught throw',
  'unhandled rejection',
  "SIGTERM, the app's own handler",
];

const SPANS = 200;

async function endBy(world: World, way: Way, order: Partial<ServiceOrder> & { run: string }): Promise<ServiceEnd> {
  const { ending, signal, signalHandler } = way;
  const service = await world.service({
    rate: 4000,
    total: SPANS,
    ending,
    ...(signalHandler === undefined ? {} : { signalHandler }),
    ...order,
  });
  if (signal === undefined) return service.end;
  while ((await service.figures()).ended < SPANS);
  service.kill(signal);
  return service.end;
}

function endedAs({ status, signal }: ServiceEnd): string {
  return signal ?? String(status);
}

/** FAULTS.md row 4: every way to end, with a spool and without, beside a collector that answers. */
async function allWays(spool: 'overflow' | 'off'): Promise<Outcome> {
  const world = await World.open();
  const problems: string[] = [];
  let lostInAll = 0;
  let countedInAll = 0;
  try {
    for (const way of WAYS) {
      const bare = await endBy(world, way, { run: `bare ${way.name}`, traced: false });
      const options = { service: 'fault', spool: world.spool(spool) };
      const end = await endBy(world, way, { run: way.name, options });
      const dropped = droppedOf(end.stats);
      const mayLose = spool === 'off' && WITHOUT_ASYNC_TIME.includes(way.name);
      const find = () => world.untilArrived(way.name, SPANS, mayLose ? 0 : 5000);
      const { missing } = spool === 'overflow' ? await world.withSuccessor(find) : await find();
      lostInAll += missing.length;
      countedInAll += dropped;
      problems.push(
        ...must(
          endedAs(end) === endedAs(bare),
          `${way.name}: ended with ${endedAs(end)}, without us with ${endedAs(bare)}`,
        ),
        ...must(end.ended === SPANS, `${way.name}: made ${end.ended} spans`),
        ...must(mayLose || missing.length === 0, `${way.name}: ${missing.length} of ${SPANS} spans were lost`),
      );
      if (end.stats !== undefined) problems.push(...booksProblem(end.stats).map((text) => `${way.name}: ${text}`));
    }
    return {
      figures: { ways: WAYS.length, spans: WAYS.length * SPANS, lost: lostInAll, counted: countedInAll },
      problems,
    };
  } finally {
    await world.close();
  }
}

const DEAF: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'refuses', fault: 'refuse' },
  { name: 'hangs', fault: 'hang' },
  { name: 'drips', fault: 'drip' },
];

/** FAULTS.md row 5: what a process still waits for when its collector does not answer. */
async function deafCollector(spool: 'overflow' | 'off', boundMs: number, extent: Extent): Promise<Outcome> {
  const world = await World.open();
  const problems: string[] = [];
  const figures: Record<string, number> = {};
  try {
    for (const { name, fault } of DEAF) {
      await world.proxy.become(fault);
      let worstMs = 0;
      for (const way of WAYS) {
        const bare = await timed(world, way, { run: `bare ${name} ${way.name}`, traced: false });
        const options = { service: 'fault', spool: world.spool(spool) };
        const run = `${name} ${way.name}`;
        const traced = await timed(world, way, { run, options });
        worstMs = Math.max(worstMs, traced.tookMs - bare.tookMs);
        const { end } = traced;
        problems.push(
          ...must(endedAs(end) === endedAs(bare.end), `${run}: ended with ${endedAs(end)}, not ${endedAs(bare.end)}`),
          ...must(spool === 'off' || droppedOf(end.stats) === 0, `${run}: dropped ${droppedOf(end.stats)}`),
        );
      }
      figures[`${name}Ms`] = Math.round(worstMs);
      problems.push(
        ...mustWhenMeasured(extent, worstMs <= boundMs, `${name}: the process stayed ${worstMs} ms longer`),
      );
    }
    return { figures, problems };
  } finally {
    await world.close();
  }
}

/** From the moment it has nothing left to do, or gets the signal, to its end. */
async function timed(world: World, way: Way, order: Partial<ServiceOrder> & { run: string }) {
  const { ending, signal, signalHandler } = way;
  const handler = signalHandler === undefined ? {} : { signalHandler };
  const service = await world.service({ rate: 4000, total: SPANS, ending, ...handler, ...order });
  if (signal !== undefined) {
    while ((await service.figures()).ended < SPANS);
    const startMs = Date.now();
    service.kill(signal);
    return { end: await service.end, tookMs: Date.now() - startMs };
  }
  const end = await service.end;
  return { end, tookMs: end.exitedMs - end.finishedMs };
}

export const endingScenarios: readonly Scenario[] = [
  {
    row: 4,
    fault: 'every way to end a process, spool on',
    holds: '0 lost, after the next process of the service; exit status and signal as without us',
    run: () => allWays('overflow'),
  },
  {
    row: 4,
    fault: 'every way to end a process, spool off, the collector answers',
    holds: '0 lost where asynchronous work is still possible, else counted; exit status and signal as without us',
    run: () => allWays('off'),
  },
  {
    row: 5,
    fault: 'every way to end, the collector refuses, hangs or drips, spool on',
    holds: 'ends within 250 ms more than without us; nothing dropped',
    run: (extent) => deafCollector('overflow', 250, extent),
  },
  {
    row: 5,
    fault: 'every way to end, the collector refuses, hangs or drips, spool off',
    holds: 'ends within 2 s more than without us',
    run: (extent) => deafCollector('off', 2000, extent),
  },
];
