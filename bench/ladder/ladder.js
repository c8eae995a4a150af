import { startProcess } from '../processes.js';
import { lowerQuartile, median } from '../statistics.js';
import { expectedOf, prove } from './proof.js';
import { REFERENCE, ROUTES } from './rungs.js';

const CONNECTIONS = 8;
/** Requests whose allocations are counted at once: all must fit into the young generation, so that nothing is collected. */
const COUNTED_REQUESTS = 400;
const NO_COLLECTION = ['--min-semi-space-size=256', '--max-semi-space-size=256'];
// The first half of every caller's span id: tells the caller's spans from a server's own.
const CALLER_MARK = '00f067aa';

/**
 * Runs every rung on every route of every framework. A set starts one server process for each rung and keeps all of them
 * up; they take turns by windows of time (A B C A B C …), route by route. What else the machine does comes and goes
 * within seconds, and so meets every rung of a turn alike; what is compared is the difference within one turn. The
 * first turns warm up: a process that is warmed up first and then waits for seven others gets cold, and measured 50 µs worse.
 */
export async function runLadder({ sets, warmUp, turns, windowMs, rungs, frameworks, routes, nodes }, onProgress) {
  const helpers = {
    load: await startProcess('./ladder/load.js'),
    sink: await startProcess('./ladder/sink.js'),
    upstream: await startProcess('./ladder/upstream.js'),
  };
  const scenarios = nodes.flatMap((node) =>
    frameworks.flatMap((framework) => routes.map((route) => ({ node, framework, route, sets: [], bytes: {} }))),
  );
  try {
    for (const node of nodes) {
      for (let set = 0; set < sets; set += 1) {
        for (const framework of frameworks) {
          onProgress(`Node ${node.version}, ${framework}: set ${set + 1} of ${sets}`);
          await runSet(scenariosOf(scenarios, node, framework), rungs, { warmUp, turns, windowMs }, helpers);
        }
      }
      for (const framework of frameworks) {
        onProgress(`Node ${node.version}, ${framework}: allocations`);
        await countAllocations(scenariosOf(scenarios, node, framework), rungs, helpers);
      }
    }
  } finally {
    await Promise.all(Object.values(helpers).map((helper) => helper.stop()));
  }
  return scenarios.map((scenario) => summarize(scenario, rungs));
}

function scenariosOf(scenarios, node, framework) {
  return scenarios.filter((scenario) => scenario.node === node && scenario.framework === framework);
}

/** Adds to each scenario the turns of one set of processes: `[{ untraced: { cpu, spans }, minimum: … }, …]`. */
async function runSet(scenarios, rungs, { warmUp, turns, windowMs }, helpers) {
  const [{ node, framework }] = scenarios;
  const servers = [];
  try {
    for (const rung of rungs) servers.push(await startServer(node, framework, rung, helpers));
    const figures = new Map(scenarios.map((scenario) => [scenario, []]));
    for (let turn = 0; turn < warmUp + turns; turn += 1) {
      for (const scenario of scenarios) {
        const taken = await runTurn(rotated(servers, turn), scenario.route, windowMs, helpers);
        if (turn >= warmUp) figures.get(scenario).push(taken);
      }
    }
    const rss = Object.fromEntries(servers.map(({ rung, rss }) => [rung.id, rss]));
    for (const scenario of scenarios) scenario.sets.push({ turns: figures.get(scenario), rss });
  } finally {
    await stopAll(servers);
  }
}

/** Adds to each scenario the bytes that a request allocates, by rung, counted in processes that collect nothing meanwhile. */
async function countAllocations(scenarios, rungs, helpers) {
  const [{ node, framework }] = scenarios;
  for (const rung of rungs) {
    const server = await startServer(node, framework, rung, helpers, NO_COLLECTION);
    try {
      for (const scenario of scenarios) scenario.bytes[rung.id] = await allocatedBy(server, scenario.route, helpers);
    } finally {
      await server.process.stop();
    }
  }
}

/** Bytes a request, the least of three counts after one that warms up: what else goes on can only add to it. */
async function allocatedBy(server, route, helpers) {
  const counts = [];
  for (let i = 0; i < 4; i += 1) {
    counts.push((await runWindow(server, route, { requests: COUNTED_REQUESTS }, helpers)).bytes);
  }
  return Math.min(...counts.slice(1));
}

async function stopAll(servers) {
  await Promise.all(servers.map((server) => server.process.stop()));
}

async function startServer(node, framework, rung, helpers, flags = []) {
  const process = await startProcess('./ladder/server.js', {
    execPath: node.path,
    args: [framework, rung.door, JSON.stringify(rung.options ?? {}), helpers.upstream.ready],
    execArgv: ['--expose-gc', ...flags, ...profilerFlags()],
    env: {
      NODE_ENV: 'production',
      OTEL_EXPORTER_OTLP_ENDPOINT: helpers.sink.ready,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  });
  return { process, rung, label: `${framework}, ${rung.title}`, rss: await process.ask('rest') };
}

/** Another rung begins in each turn, so that none always follows the same one. */
function rotated(servers, turn) {
  const first = turn % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

async function runTurn(servers, route, forMs, helpers) {
  const figures = {};
  for (const server of servers) figures[server.rung.id] = await runWindow(server, route, { forMs }, helpers);
  return figures;
}

/** One window: CPU and spans a request, after proving that every trace and every outgoing header was there. */
async function runWindow({ process, rung, label }, route, amount, { load: generator, sink, upstream }) {
  await process.ask('begin', { collects: amount.forMs === undefined });
  await Promise.all([sink.ask('take', CALLER_MARK), upstream.ask('take')]);
  const requests = await generator.ask('fire', {
    ...amount,
    port: process.ready,
    path: ROUTES[route],
    connections: CONNECTIONS,
    callerMark: CALLER_MARK,
    callerFlags: rung.callerFlags,
    baggage: rung.baggage,
  });
  const { cpuMicros, bytes, counted } = await process.ask('finish');
  const sunk = await sink.ask('take', CALLER_MARK);
  const found = { ...sunk, ...(await upstream.ask('take')) };
  prove(`${label}, ${ROUTES[route]}`, expectedOf(rung, route, requests), found);
  return { cpu: cpuMicros / requests, bytes: bytes / requests, spans: (counted ?? sunk.spans) / requests };
}

/**
 * Figures of one scenario. Added CPU is taken within a turn: the median over all turns of all sets, and the lower
 * quartile beside it, which a busy machine moves less.
 */
function summarize({ node, framework, route, sets, bytes }, rungs) {
  const turns = sets.flatMap((set) => set.turns);
  const added = (figures, id) => figures.map((turn) => turn[id].cpu - turn.untraced.cpu);
  const has = (id) => rungs.some((rung) => rung.id === id);
  const reference = has(REFERENCE) ? median(added(turns, REFERENCE)) : Number.NaN;
  const floor = has('minimum') ? median(added(turns, 'minimum')) : Number.NaN;
  const untracedRss = median(sets.map((set) => set.rss.untraced));
  const rows = rungs.map(({ id, title }) => {
    const ofSets = sets.map((set) => median(added(set.turns, id)));
    return {
      id,
      title,
      cpu: median(turns.map((turn) => turn[id].cpu)),
      added: median(added(turns, id)),
      quartile: lowerQuartile(added(turns, id)),
      range: [Math.min(...ofSets), Math.max(...ofSets)],
      ratio: median(added(turns, id)) / reference,
      toFloor: median(added(turns, id)) / floor,
      bytes: bytes[id] - bytes.untraced,
      rss: median(sets.map((set) => set.rss[id])) - untracedRss,
      spans: median(turns.map((turn) => turn[id].spans)),
    };
  });
  return { node, framework, route, rows };
}

/** `BENCH_CPU_PROFILE=<folder>` writes a V8 CPU profile of every server there; its figures are then no benchmark. */
function profilerFlags() {
  const folder = process.env.BENCH_CPU_PROFILE;
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}
