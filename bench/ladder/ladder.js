import { startProcess } from '../processes.js';
import { median } from '../statistics.js';
import { expectedOf, prove } from './proof.js';
import { REFERENCE, ROUTES } from './rungs.js';

const CONNECTIONS = 8;
/** Requests a rung answers before the next one has its turn. */
export const BURST = 500;
// The first half of every caller's span id: tells the caller's spans from a server's own.
const CALLER_MARK = '00f067aa';

/**
 * Runs every rung of every scenario (framework and route). A round starts a fresh server process for
 * each rung and lets them take turns (A B C A B C ...), a burst each: what else the machine does comes
 * and goes within seconds, and so meets every rung alike. The first turns warm up. They are turns too:
 * a process that is warmed up first and then waits for seven others gets cold, and measured 50 µs worse.
 */
export async function runLadder({ rounds, warmUp, requests, rungs, frameworks, routes }, onProgress) {
  const helpers = {
    load: await startProcess('./ladder/load.js'),
    sink: await startProcess('./ladder/sink.js'),
    upstream: await startProcess('./ladder/upstream.js'),
  };
  const scenarios = frameworks.flatMap((framework) => routes.map((route) => ({ framework, route, rounds: [] })));
  const amount = { warmUpTurns: Math.ceil(warmUp / BURST), turns: Math.ceil(requests / BURST) };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const scenario of scenarios) {
        onProgress(`round ${round + 1} of ${rounds}: ${scenario.framework} ${ROUTES[scenario.route]}`);
        scenario.rounds.push(await runRound(scenario, rungs, amount, helpers));
      }
    }
  } finally {
    await Promise.all(Object.values(helpers).map((helper) => helper.stop()));
  }
  return scenarios.map((scenario) => summarize(scenario, rungs));
}

/** One figure a rung and turn: `[{ untraced: { cpu, spans }, minimum: … }, …]`. */
async function runRound(scenario, rungs, { warmUpTurns, turns }, helpers) {
  const servers = [];
  try {
    for (const rung of rungs) servers.push(await startServer(scenario, rung, helpers));
    const figures = [];
    for (let turn = 0; turn < warmUpTurns + turns; turn += 1) {
      figures.push(await runTurn(rotated(servers, turn), helpers));
    }
    return figures.slice(warmUpTurns);
  } finally {
    await Promise.all(servers.map((server) => server.process.stop()));
  }
}

async function startServer({ framework, route }, rung, helpers) {
  const process = await startProcess('./ladder/server.js', {
    args: [framework, rung.door, JSON.stringify(rung.options ?? {}), helpers.upstream.ready],
    execArgv: profilerFlags(),
    env: {
      NODE_ENV: 'production',
      OTEL_EXPORTER_OTLP_ENDPOINT: helpers.sink.ready,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  });
  const load = {
    port: process.ready,
    path: ROUTES[route],
    connections: CONNECTIONS,
    callerMark: CALLER_MARK,
    callerFlags: rung.callerFlags,
    baggage: rung.baggage,
  };
  return { process, load, rung, expected: expectedOf(rung, route, BURST), label: `${framework} ${ROUTES[route]}` };
}

/** Another rung begins in each turn, so that none always follows the same one. */
function rotated(servers, turn) {
  const first = turn % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

async function runTurn(servers, helpers) {
  const figures = {};
  for (const server of servers) figures[server.rung.id] = await runBurst(server, helpers);
  return figures;
}

async function runBurst({ process, load, rung, expected, label }, { load: generator, sink, upstream }) {
  await process.ask('begin');
  await Promise.all([sink.ask('take', CALLER_MARK), upstream.ask('take')]);
  await generator.ask('fire', { ...load, requests: BURST });
  const { cpuMicros, counted } = await process.ask('finish');
  const sunk = await sink.ask('take', CALLER_MARK);
  prove(`${label}, ${rung.title}`, expected, { ...sunk, ...(await upstream.ask('take')) });
  return { cpu: cpuMicros / BURST, spans: (counted ?? sunk.spans) / BURST };
}

/** Figures of one scenario: added CPU is taken within a turn, then the median over all turns of all rounds. */
function summarize({ framework, route, rounds }, rungs) {
  const turns = rounds.flat();
  const addedOf = (figures, id) => median(figures.map((turn) => turn[id].cpu - turn.untraced.cpu));
  const reference = turns[0][REFERENCE] ? addedOf(turns, REFERENCE) : Number.NaN;
  const rows = rungs.map(({ id, title }) => {
    const byRound = rounds.map((figures) => addedOf(figures, id));
    return {
      id,
      title,
      cpu: median(turns.map((turn) => turn[id].cpu)),
      added: addedOf(turns, id),
      range: [Math.min(...byRound), Math.max(...byRound)],
      ratio: addedOf(turns, id) / reference,
      spans: median(turns.map((turn) => turn[id].spans)),
    };
  });
  return { framework, route, rows };
}

/** `BENCH_CPU_PROFILE=<folder>` writes a V8 CPU profile of every server there; its figures are then no benchmark. */
function profilerFlags() {
  const folder = process.env.BENCH_CPU_PROFILE;
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}
