import { setTimeout } from 'node:timers/promises';
import type { Fault, FixedAnswer } from './fault-proxy.ts';
import { type Extent, must, mustWhenMeasured, type Outcome, type Scenario } from './scenario.ts';
import { booksProblem, droppedOf, World } from './world.ts';

const RATE = 500;
const MB = 1024 * 1024;
/** The time for one export, shorter in the quick run; `OTEL_EXPORTER_OTLP_TIMEOUT` in a service's own words. */
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
    const readMb = world.proxy.mostTakenBytes / MB;
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
        // The exporter stops at 4 MiB; what the two ends of the connection hold in their buffers comes on top.
        ...must(!taken || readMb < 20, `${readMb.toFixed(0)} MB of one answer were read`),
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
  /** A function where it depends on the time of day. */
  readonly answer: FixedAnswer | (() => FixedAnswer);
  /** The time after it in which nothing may be sent. */
  readonly waitsMs?: number;
  /** The batch is refused for good: dead-lettered and counted. */
  readonly refused?: true;
}

const STATUSES: readonly StatusCase[] = [
  { name: '503, Retry-After 0', answer: { status: 503, headers: { 'retry-after': '0' } } },
  { name: '429, Retry-After 2', answer: { status: 429, headers: { 'retry-after': '2' } }, waitsMs: 2000 },
  {
    name: '503, Retry-After as a date',
    answer: () => ({ status: 503, headers: { 'retry-after': inSeconds(4) } }),
    waitsMs: 1500,
  },
  { name: '503, Retry-After 30', answer: { status: 503, headers: { 'retry-after': '30' } }, waitsMs: 30_000 },
  { name: '429, Retry-After 3600', answer: { status: 429, headers: { 'retry-after': '3600' } }, waitsMs: 60_000 },
  { name: '503, Retry-After junk', answer: { status: 503, headers: { 'retry-after': 'soon' } } },
  { name: '502', answer: { status: 502 } },
  { name: '504', answer: { status: 504 } },
  { name: '400', answer: { status: 400 }, refused: true },
  { name: '401', answer: { status: 401 }, refused: true },
  { name: '404', answer: { status: 404 }, refused: true },
];

/** Longer waits only where there is time for them. */
const BRIEF_WAIT_MS = 3000;

/** An HTTP date; it is in whole seconds. */
function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toUTCString();
}

/** FAULTS.md row 17: what an OTLP server may answer, to the letter. */
async function statuses(extent: Extent): Promise<Outcome> {
  const problems: string[] = [];
  const figures: Record<string, number | string> = {};
  for (const { name, answer, waitsMs = 0, refused = false } of STATUSES) {
    if (!extent.isLong && waitsMs > BRIEF_WAIT_MS) continue;
    const world = await World.open();
    try {
      await world.proxy.become(typeof answer === 'function' ? answer() : answer);
      const service = await world.service({ run: name, rate: 2000, total: 200, ending: 'stay' });
      const atMs = performance.now();
      while ((await service.figures()).stats.lastError === undefined && performance.now() - atMs < 5000)
        await setTimeout(20);
      await world.proxy.become('pass');
      const { missing } = await world.untilArrived(name, 200, refused ? 500 : waitsMs + 8000);
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

/** The same row: a server that takes less at once than we send, and one that takes a part. */
async function partly(): Promise<Outcome> {
  const world = await World.open();
  try {
    await world.sink.answerWith({ tooLargeAbove: 100 });
    const large = await world.service({ run: 'large', rate: 8000, total: 1000, ending: 'stay' });
    const { missing } = await world.untilArrived('large', 1000, 10_000);
    const { stats } = await large.figures();
    await world.sink.answerWith({ rejects: 3 });
    const partial = await world.service({ run: 'partial', rate: 2000, total: 200, ending: 'stay' });
    const endMs = performance.now() + 10_000;
    while ((await partial.figures()).stats.exported < 100 && performance.now() < endMs) await setTimeout(20);
    await setTimeout(500);
    const { stats: partialStats } = await partial.figures();
    const refused = await world.missing('partial', 200);
    return {
      figures: { tooLargeLost: missing.length, rejected: refused.length, counted: partialStats.dropped.export },
      problems: [
        ...must(missing.length === 0, `413: ${missing.length} of 1000 were lost`),
        ...must(droppedOf(stats) === 0, `413: ${JSON.stringify(stats.dropped)}`),
        ...must(refused.length > 0, 'partial success: nothing was rejected'),
        ...must(
          refused.length === partialStats.dropped.export,
          `partial success: ${refused.length} rejected, ${partialStats.dropped.export} counted`,
        ),
        ...booksProblem(stats),
        ...booksProblem(partialStats),
      ],
    };
  } finally {
    await world.close();
  }
}

/** FAULTS.md row 22: with every outbound request of the process traced, our own stay out of it, retries among them. */
async function ownTraffic(): Promise<Outcome> {
  const world = await World.open();
  try {
    const options = { service: 'fault', spool: world.spool('overflow'), instrument: { fetch: true, http: true } };
    const service = await world.service({ run: 'own', rate: 1000, ending: 'stay', options });
    await world.untilArrived('own', 1, 10_000);
    await world.proxy.become('refuse');
    await setTimeout(1500);
    await world.proxy.become('pass');
    const { ended } = await service.stopMaking();
    const { missing } = await world.untilArrived('own', ended, 15_000);
    const { stats } = await service.figures();
    const { foreign } = await world.sink.arrived();
    return {
      figures: { spans: ended, lost: missing.length, ofOurOwnRequests: foreign, started: stats.started },
      problems: [
        ...must(missing.length === 0, `${missing.length} of ${ended} spans were lost`),
        ...must(foreign === 0 && stats.started === ended, `${stats.started - ended} spans of our own requests`),
        ...booksProblem(stats),
      ],
    };
  } finally {
    await world.close();
  }
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
    fault: '429, 502, 503, 504 with Retry-After 0, 2, 30, 3600, a date, junk, none; 400, 401, 404',
    holds: 'Retry-After obeyed to 60 s and the batch kept; what is refused for good is counted, nothing else is lost',
    run: (extent: Extent) => statuses(extent),
  },
  {
    row: 17,
    fault: '413 above 100 spans; partial success',
    holds: 'the batch is split and nothing lost; what is rejected is counted exactly',
    run: () => partly(),
  },
  {
    row: 22,
    fault: 'every outbound request of the process is traced, and the collector is away for a while',
    holds: 'no span of our own requests',
    run: () => ownTraffic(),
  },
];
