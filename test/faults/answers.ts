import { setTimeout } from 'node:timers/promises';
import type { Fault, FixedAnswer } from './fault-proxy.ts';
import { type Extent, must, mustWhenMeasured, type Outcome, type Scenario } from './scenario.ts';
import { booksProblem, droppedOf, World } from './world.ts';

const RATE = 500;
const MB = 1024 * 1024;
/** What one export may take, shorter in the quick run; `OTEL_EXPORTER_OTLP_TIMEOUT` in a service's own words. */
const deadlineMs = (extent: Extent): number => (extent.isLong ? 10_000 : 1_000);

interface Misbehaviour {
  readonly name: string;
  readonly fault: Fault;
}

const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { name: 'drips its answer', fault: 'drip' },
  { name: 'hangs', fault: 'hang' },
  { name: 'resets', fault: 'reset' },
  { name: 'closes its half', fault: 'half-open' },
  { name: 'answers with 100 MB', fault: { status: 200, bodyBytes: 100 * MB } },
  { name: 'redirects', fault: { status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } } },
];

/** FAULTS.md row 7: what a network or a strange server can do to one request. */
async function misbehaving({ fault }: Misbehaviour, extent: Extent): Promise<Outcome> {
  const world = await World.open();
  try {
    const variables = { OTEL_EXPORTER_OTLP_TIMEOUT: String(deadlineMs(extent)) };
    const service = await world.service({ run: 'answers', rate: RATE, ending: 'stay' }, { variables });
    await setTimeout(300);
    world.proxy.mostSockets = 0;
    await world.proxy.become(fault);
    await setTimeout(extent.isLong ? 12_000 : 1_500);
    const { ended: endedInFault } = await service.figures();
    await world.proxy.become('pass');
    // A 200 is an answer whatever follows it: those spans count as taken, and are the stranger's to lose.
    const taken = typeof fault === 'object' && fault.status === 200;
    const { tookMs: recoveredMs } = await world.untilArrived('answers', endedInFault, taken ? 0 : 15_000);
    const { ended } = await service.stopMaking();
    const { missing } = await world.untilArrived('answers', ended, taken ? 0 : 15_000);
    const { stats, blockMs } = await service.figures();
    const readMb = world.proxy.answeredBytes / MB;
    return {
      figures: {
        spans: ended,
        lost: taken ? 'taken by the stranger' : missing.length,
        mostSockets: world.proxy.mostSockets,
        ...(taken ? { mostReadMb: Number(readMb.toFixed(1)) } : { recoveredMs: Math.round(recoveredMs) }),
        blockMs: Number(blockMs.toFixed(1)),
        logLines: service.stderr.trim().split('\n').length,
      },
      problems: [
        ...must(taken || missing.length === 0, `${missing.length} of ${ended} spans were lost`),
        ...must(taken || droppedOf(stats) === 0, `dropped: ${JSON.stringify(stats.dropped)}`),
        ...must(world.proxy.mostSockets <= 2, `${world.proxy.mostSockets} sockets at once`),
        ...must(!taken || readMb < 100, 'the whole answer of 100 MB was read'),
        ...must(/cannot send spans|redirect/i.test(service.stderr) || taken, `nothing was said:\n${service.stderr}`),
        ...booksProblem(stats),
        ...mustWhenMeasured(extent, taken || recoveredMs <= 2000, `sending again took ${recoveredMs} ms`),
      ],
    };
  } finally {
    await world.close();
  }
}

interface StatusCase {
  readonly name: string;
  readonly answer: FixedAnswer;
  /** How long nothing may be sent after it. */
  readonly waitsMs?: number;
  /** The batch is refused for good: dead-lettered and counted. */
  readonly refused?: true;
}

const STATUSES: readonly StatusCase[] = [
  { name: '503, Retry-After 0', answer: { status: 503, headers: { 'retry-after': '0' } } },
  { name: '429, Retry-After 2', answer: { status: 429, headers: { 'retry-after': '2' } }, waitsMs: 2000 },
  { name: '503, Retry-After junk', answer: { status: 503, headers: { 'retry-after': 'soon' } } },
  { name: '502', answer: { status: 502 } },
  { name: '504', answer: { status: 504 } },
  { name: '400', answer: { status: 400 }, refused: true },
  { name: '401', answer: { status: 401 }, refused: true },
  { name: '404', answer: { status: 404 }, refused: true },
];

/** FAULTS.md row 17: what an OTLP server may answer, to the letter. */
async function statuses(): Promise<Outcome> {
  const problems: string[] = [];
  const figures: Record<string, number | string> = {};
  for (const { name, answer, waitsMs = 0, refused = false } of STATUSES) {
    const world = await World.open();
    try {
      await world.proxy.become(answer);
      const service = await world.service({ run: name, rate: 2000, total: 200, ending: 'stay' });
      const atMs = performance.now();
      while ((await service.figures()).stats.lastError === undefined && performance.now() - atMs < 5000)
        await setTimeout(20);
      await world.proxy.become('pass');
      const { missing } = await world.untilArrived(name, 200, refused ? 500 : 8000);
      const tookMs = performance.now() - atMs;
      const { stats } = await service.figures();
      figures[name] = refused ? `${stats.dropped.export} refused` : `arrived after ${Math.round(tookMs)} ms`;
      problems.push(
        ...must(refused || missing.length === 0, `${name}: ${missing.length} lost`),
        ...must(
          !refused || stats.dropped.export === missing.length,
          `${name}: ${missing.length} missing, ${stats.dropped.export} counted`,
        ),
        ...must(!refused || stats.dropped.export > 0, `${name}: nothing was counted as refused`),
        ...must(tookMs >= waitsMs, `${name}: sent again after ${tookMs} ms`),
        ...booksProblem(stats),
      );
    } finally {
      await world.close();
    }
  }
  return { figures, problems };
}

export const answerScenarios: readonly Scenario[] = [
  ...MISBEHAVIOURS.map((misbehaviour) => ({
    row: 7,
    fault: `the collector ${misbehaviour.name}`,
    holds: '0 lost; 10 s deadline in all; 2 sockets at most; sending again within 2 s of the end of it',
    run: (extent: Extent) => misbehaving(misbehaviour, extent),
  })),
  {
    row: 17,
    fault: '429, 502, 503, 504 with and without Retry-After; 400, 401, 404',
    holds: 'Retry-After obeyed and the batch kept; what is refused for good is counted, nothing else is lost',
    run: () => statuses(),
  },
];
