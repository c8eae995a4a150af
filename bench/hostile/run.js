import { installPeers } from '../install.js';
import { startProcess } from '../processes.js';
import { median } from '../statistics.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const REQUESTS = 3000;
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

/** How long reading takes: the worst header of 16 KB that the corpus has for each format. */
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

/**
 * Throughput of a real server beside the same server with a header as long that nobody reads, in turns: A B, B A, ...
 * Each format twice: on a server that has it beside W3C's, and on one that has all of them, which then also writes
 * in all of them what came in one (64 members of `baggage` are 64 header fields more in Jaeger's).
 */
async function timeServer(worst, all) {
  const load = await startProcess('./hostile/load.js');
  for (const [title, namesBeside] of [
    ['that speaks W3C and', (name) => [...new Set(['tracecontext', 'baggage', name])]],
    ['that has every format on and gets', () => all],
  ]) {
    console.log(
      `\nAn Express app ${title} the format with every request (requests/s; at least 90 % of the harmless one)\n`,
    );
    for (const format of worst) {
      say(`server: ${format.name}, ${title}`);
      console.log(await timeFormat(format, namesBeside(format.name), load));
    }
  }
  await load.stop();
}

async function timeFormat({ name, field, hostile }, propagators, load) {
  const execArgv = ['--max-http-header-size=65536'];
  const server = await startProcess('./hostile/server.js', { args: [propagators.join(',')], execArgv });
  const runs = { harmless: [], hostile: [] };
  const lines = {
    harmless: [...(COMPANIONS[name] ?? []), `${'x'.repeat(field.length)}: ${'a'.repeat(hostile.length)}`],
    hostile: [...(COMPANIONS[name] ?? []), `${field}: ${hostile}`],
  };
  for (let round = -1; round < ROUNDS; round += 1) {
    const turn = round % 2 === 0 ? ['harmless', 'hostile'] : ['hostile', 'harmless'];
    for (const side of turn) {
      const figures = await fire(server, load, lines[side]);
      if (round >= 0) runs[side].push(figures);
    }
  }
  await server.stop();
  return serverLine(name, field, runs);
}

async function fire(server, load, lines) {
  await server.ask('begin');
  const request = { port: server.ready, path: '/json/42', requests: REQUESTS, connections: CONNECTIONS, lines };
  const rate = await load.ask('fire', request);
  return { rate, cpu: (await server.ask('finish')) / REQUESTS };
}

function serverLine(name, field, runs) {
  const rate = (side) => median(runs[side].map((run) => run.rate));
  const cpu = (side) => median(runs[side].map((run) => run.cpu));
  const share = median(runs.hostile.map((run, round) => run.rate / runs.harmless[round].rate)) * 100;
  const rates = `${rate('harmless').toFixed(0).padStart(6)} → ${rate('hostile').toFixed(0).padStart(6)}`;
  const cpuShare = median(runs.hostile.map((run, round) => runs.harmless[round].cpu / run.cpu)) * 100;
  const cpus = `${cpu('harmless').toFixed(1)} → ${cpu('hostile').toFixed(1)} µs CPU a request, ${cpuShare.toFixed(1)} %`;
  return `  ${`${name} (${field})`.padEnd(34)} ${rates}  ${share.toFixed(1)} %   ${cpus}`;
}

/** What the formats cost that are on and not used: fresh processes in turns. */
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
  console.log('\nextract and inject together (ns; all formats at most 2000 more)\n');
  for (const scenario of Object.keys(figures['W3C alone'][0])) {
    const [w3c, all] = Object.values(figures).map((rounds) => median(rounds.map((round) => round[scenario])));
    const more = (all - w3c).toFixed(0);
    console.log(`  ${scenario.padEnd(42)} W3C alone ${w3c.toFixed(0)}, all formats ${all.toFixed(0)}: ${more} more`);
  }
}

/** What an app may set: requests on a real socket, counted. */
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
