import { installPeers } from '../install.js';
import { startProcess } from '../processes.js';
import { median } from '../statistics.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
/** Pairs of turns in a round, short ones: what else the machine does comes and goes, and so meets both sides alike. */
const TURNS = 4;
const REQUESTS = 750;
const CONNECTIONS = 8;
/** Only these formats beside the server, by name and comma: all of them when not given. */
const ONLY = process.env.BENCH_FORMATS?.split(',');

/** Without these the hostile field is not read at all. */
const COMPANIONS = {
  tracecontext: ['traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  datadog: ['x-datadog-trace-id: 11803532876627986230', 'x-datadog-parent-id: 67667974448284343'],
};

/** Progress goes to stderr, so that the tables alone can be sent on. */
function say(line) {
  process.stderr.write(`bench: ${line}\n`);
}

/** The time that reading takes: the worst header of 16 KB that the corpus has for each format. */
async function timeParsers() {
  say('parsers: the corpus at 16 KB');
  const child = await startProcess('./hostile/parsers.js');
  const worst = await child.ask('worst');
  await child.stop();
  console.log(
    '\nReading a header of 16 KB, the worst of the corpus (ms, the quietest of ten runs; at most 0.5 at p99)\n',
  );
  for (const { name, what, headers, p50, p99 } of worst) {
    const shown = what.replace(/[^\x20-\x7e]/g, '?');
    console.log(`  ${name.padEnd(14)} p50 ${p50.toFixed(4)}  p99 ${p99.toFixed(4)}  of ${headers} headers: ${shown}`);
  }
  return worst;
}

/** The work of services on a request. Each app does all of it on either side, but for reading the header. */
const APPS = {
  answers: { does: 'that answers', path: '/json/42' },
  calls: { does: 'that calls a neighbour by traced axios and answers', path: '/call' },
};
const SPEAKS = {
  one: { and: 'speaks W3C and the format', names: (name) => [...new Set(['tracecontext', 'baggage', name])] },
  all: { and: 'has every format on, to read and to write', names: (_name, all) => all },
};

/**
 * Throughput of a real server beside the same server with a header as long that nobody reads, in turns: A B, B A, ...
 * Each format on a server that has it beside W3C's, and on one that has all of them, which then also writes in all of
 * them what came in one (64 members of `baggage` are 64 header fields more in Jaeger's).
 */
async function timeServer(worst, all) {
  const execArgv = ['--max-http-header-size=65536']; // what is sent on in every format may be more than 16 KiB
  const helpers = {
    load: await startProcess('./hostile/load.js'),
    upstream: await startProcess('./ladder/upstream.js', { execArgv }),
  };
  for (const { and, names } of Object.values(SPEAKS)) {
    for (const { does, path } of Object.values(APPS)) {
      console.log(`\nAn Express app ${does} and ${and}: at least 90 % of the harmless one\n`);
      for (const format of worst) {
        say(`server: ${format.name}, ${path}, ${and}`);
        console.log(await timeFormat(format, names(format.name, all), path, helpers));
      }
    }
  }
  await Promise.all(Object.values(helpers).map((helper) => helper.stop()));
}

async function timeFormat({ name, field, hostile }, propagators, path, { load, upstream }) {
  const server = await startProcess('./hostile/server.js', {
    args: [propagators.join(','), upstream.ready],
    execArgv: ['--max-http-header-size=65536'],
    env: { NODE_ENV: 'production' },
  });
  const runs = { harmless: [], hostile: [] };
  const lines = {
    harmless: [...(COMPANIONS[name] ?? []), `${'x'.repeat(field.length)}: ${'a'.repeat(hostile.length)}`],
    hostile: [...(COMPANIONS[name] ?? []), `${field}: ${hostile}`],
  };
  for (let turn = -TURNS; turn < ROUNDS * TURNS; turn += 1) {
    for (const side of turn % 2 === 0 ? ['harmless', 'hostile'] : ['hostile', 'harmless']) {
      const figures = await fire(server, load, path, lines[side]);
      if (turn >= 0) runs[side].push(figures);
    }
  }
  await server.stop();
  return serverLine(name, field, runs);
}

async function fire(server, load, path, lines) {
  await server.ask('begin');
  const request = { port: server.ready, path, requests: REQUESTS, connections: CONNECTIONS, lines };
  const rate = await load.ask('fire', request);
  return { rate, cpu: (await server.ask('finish')) / REQUESTS };
}

/** By CPU first, and once more by the quietest turn of either side: on a machine that others use the rate says more about them. */
function serverLine(name, field, runs) {
  const of = (side, what) => median(runs[side].map((run) => run[what]));
  const least = (side) => Math.min(...runs[side].map((run) => run.cpu));
  const quietShare = ((least('harmless') / least('hostile')) * 100).toFixed(1).padStart(5);
  const shareOf = (ratio) => (median(runs.hostile.map(ratio)) * 100).toFixed(1).padStart(5);
  const cpuShare = shareOf((run, turn) => runs.harmless[turn].cpu / run.cpu);
  const rateShare = shareOf((run, turn) => run.rate / runs.harmless[turn].rate);
  const cpus = `${of('harmless', 'cpu').toFixed(1).padStart(6)} → ${of('hostile', 'cpu').toFixed(1).padStart(6)} µs CPU`;
  const rates = `${of('harmless', 'rate').toFixed(0).padStart(5)} → ${of('hostile', 'rate').toFixed(0).padStart(5)} a second`;
  return `  ${`${name} (${field})`.padEnd(34)} ${cpus} ${cpuShare} % (quietest ${quietShare} %)   ${rates} ${rateShare} %`;
}

/** The cost of formats that are on and not used: fresh processes in turns. */
async function timeFormats(names) {
  const sides = { 'W3C alone': ['tracecontext', 'baggage'], 'all formats': names };
  const figures = { 'W3C alone': [], 'all formats': [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    say(`formats: round ${round + 1} of ${ROUNDS}`);
    for (const [side, propagators] of Object.entries(sides)) {
      const child = await startProcess('./hostile/cost.js', { args: [propagators.join(',')] });
      figures[side].push(await child.ask('measure'));
      await child.stop();
    }
  }
  console.log('\nextract and inject together (ns, the quietest batch; all formats at most 2000 more)\n');
  for (const scenario of Object.keys(figures['W3C alone'][0])) {
    const [w3c, all] = Object.values(figures).map((rounds) => median(rounds.map((round) => round[scenario])));
    const more = (all - w3c).toFixed(0);
    console.log(`  ${scenario.padEnd(42)} W3C alone ${w3c.toFixed(0)}, all formats ${all.toFixed(0)}: ${more} more`);
  }
}

/** The values that an app may set: requests on a real socket, counted. */
async function countHostileValues() {
  const child = await startProcess('./hostile/values.js');
  const { tried, sent, invalid, threw } = await child.ask('count');
  await child.stop();
  console.log('\nHostile values that an app sets, each in a request of its own\n');
  console.log(`  ${tried} requests, ${sent} sent, ${threw} threw, ${invalid} invalid fields\n`);
}

installPeers();
const worst = await timeParsers();
await timeServer(
  worst.filter(({ name }) => ONLY?.includes(name) ?? true),
  worst.map(({ name }) => name),
);
await timeFormats(worst.map(({ name }) => name));
await countHostileValues();
