import { startProcess } from '../processes.js';
import { median, quartiles } from '../statistics.js';
import { REFERENCE, ROUTES } from './rungs.js';

const CONNECTIONS = 8;
// The first half of every caller's span id: tells the caller's spans from a server's own.
const CALLER_MARK = '00f067aa';

/**
 * Runs every rung of every scenario (framework and route), each trial in a fresh process. Rounds are
 * interleaved (A B C A B C ...), so that what else the machine does meets every rung alike.
 */
export async function runLadder({ rounds, warmUp, requests, rungs, frameworks, routes }, onProgress) {
  const helpers = {
    load: await startProcess('./ladder/load.js'),
    sink: await startProcess('./ladder/sink.js'),
    upstream: await startProcess('./ladder/upstream.js'),
  };
  const scenarios = frameworks.flatMap((framework) => routes.map((route) => ({ framework, route, trials: [] })));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const scenario of scenarios) {
        onProgress(`round ${round + 1} of ${rounds}: ${scenario.framework} ${ROUTES[scenario.route]}`);
        scenario.trials.push(await runRound(scenario, rungs, { warmUp, requests }, helpers));
      }
    }
  } finally {
    await Promise.all(Object.values(helpers).map((helper) => helper.stop()));
  }
  return scenarios.map((scenario) => summarize(scenario, rungs));
}

async function runRound(scenario, rungs, amount, helpers) {
  const round = {};
  for (const rung of rungs) round[rung.id] = await runTrial(scenario, rung, amount, helpers);
  return round;
}

async function runTrial({ framework, route }, rung, { warmUp, requests }, helpers) {
  const server = await startProcess('./ladder/server.js', {
    args: [framework, rung.door, JSON.stringify(rung.options ?? {}), helpers.upstream.ready],
    execArgv: ['--expose-gc', ...profilerFlags()],
    env: {
      NODE_ENV: 'production',
      OTEL_EXPORTER_OTLP_ENDPOINT: helpers.sink.ready,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  });
  const load = {
    port: server.ready,
    path: ROUTES[route],
    connections: CONNECTIONS,
    callerMark: CALLER_MARK,
    callerFlags: rung.callerFlags,
    baggage: rung.baggage,
  };
  try {
    await helpers.load.ask('fire', { ...load, requests: warmUp });
    await server.ask('begin');
    await Promise.all([helpers.sink.ask('take', CALLER_MARK), helpers.upstream.ask('take')]);
    await helpers.load.ask('fire', { ...load, requests });
    const { cpuMicros, counted } = await server.ask('finish');
    const sunk = await helpers.sink.ask('take', CALLER_MARK);
    const seen = await helpers.upstream.ask('take');
    prove({ framework, route, rung, requests, sunk, seen });
    return { cpu: cpuMicros / requests, spans: (counted ?? sunk.spans) / requests };
  } finally {
    await server.stop();
  }
}

/** Nobody measures a no-op: what should have left the process did, once, with the right parents. */
function prove({ framework, route, rung, requests, sunk, seen }) {
  const calls = route === 'call' ? requests : 0;
  const expected = {
    traces: rung.exportsSpans ? requests : 0,
    misplaced: 0,
    calls,
    propagated: rung.propagates ? calls : 0,
    baggage: rung.baggage ? calls : 0,
  };
  const found = {
    traces: sunk.traces,
    misplaced: sunk.misplaced,
    calls: seen.requests,
    propagated: seen.traceparents,
    baggage: seen.baggage,
  };
  const wrong = Object.keys(expected).filter((name) => expected[name] !== found[name]);
  if (wrong.length === 0) return;
  const list = wrong.map((name) => `${name}: expected ${expected[name]}, found ${found[name]}`).join('; ');
  throw new Error(`${framework} ${ROUTES[route]}, ${rung.title}: ${list}`);
}

/** Figures of one scenario: added CPU is taken within a round, then the median over the rounds. */
function summarize({ framework, route, trials }, rungs) {
  const addedOf = (id) => trials.map((round) => round[id].cpu - round.untraced.cpu);
  const reference = trials[0][REFERENCE] ? median(addedOf(REFERENCE)) : Number.NaN;
  const rows = rungs.map((rung) => {
    const added = addedOf(rung.id);
    return {
      id: rung.id,
      title: rung.title,
      cpu: median(trials.map((round) => round[rung.id].cpu)),
      added: median(added),
      spread: quartiles(added),
      ratio: median(added) / reference,
      spans: median(trials.map((round) => round[rung.id].spans)),
    };
  });
  return { framework, route, rows };
}

/** `BENCH_CPU_PROFILE=<folder>` writes one V8 CPU profile a trial there; its figures are then no benchmark. */
function profilerFlags() {
  const folder = process.env.BENCH_CPU_PROFILE;
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}
