import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPeers } from '../install.js';
import { startProcess } from '../processes.js';
import { median } from '../statistics.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const COUNT = 40_960;
const PER_TRACE = [1, 3, 5, 8, 50];
/** Traces of this length are also timed. */
const TIMED = 8;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function startRedis(port, folder) {
  const settings = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const text of child.stdout.setEncoding('utf8')) if (text.includes('Ready to accept')) break;
  return child;
}

/** Bytes of Redis memory a span, by the length of traces. */
async function measureMemory(writer) {
  console.log(`\nMemory of Redis, bytes a span of 20 attributes (used_memory; ${COUNT} spans of one service)\n`);
  console.log('  spans a trace   throughline   of it live stream   JSON lists');
  for (const perTrace of PER_TRACE) {
    const ours = await writer.ask('run', { how: 'ours', count: COUNT, perTrace });
    const plain = await writer.ask('run', { how: 'plain', count: COUNT, perTrace });
    const figures = [ours.bytes, ours.live, plain.bytes].map((bytes) => bytes.toFixed(0));
    console.log(
      `  ${String(perTrace).padStart(13)}   ${figures[0].padStart(11)}   ${figures[1].padStart(17)}   ${figures[2].padStart(10)}`,
    );
  }
}

/** Spans a second from one process, in turns: A B, B A, … The first round warms up. */
async function measureSpeed(writer) {
  const runs = { ours: [], plain: [] };
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const how of round % 2 === 0 ? ['ours', 'plain'] : ['plain', 'ours']) {
      const result = await writer.ask('run', { how, count: COUNT, perTrace: TIMED });
      if (round >= 0) runs[how].push(result);
    }
  }
  const speed = (how) => median(runs[how].map((result) => result.spansPerSecond));
  const cpu = (how) => median(runs[how].map((result) => result.cpuMicros));
  console.log(`\nWritten from one process, traces of ${TIMED} spans (median of ${ROUNDS} rounds in turns)\n`);
  console.log(`  throughline   ${speed('ours').toFixed(0)} spans/s   ${cpu('ours').toFixed(1)} µs of CPU a span`);
  console.log(`  JSON lists    ${speed('plain').toFixed(0)} spans/s   ${cpu('plain').toFixed(1)} µs of CPU a span`);
  console.log(`  ratio         ${(speed('ours') / speed('plain')).toFixed(2)}`);
}

installPeers();
const folder = mkdtempSync(join(tmpdir(), 'throughline-bench-redis-'));
const port = await freePort();
const server = await startRedis(port, folder);
try {
  const writer = await startProcess('./redis/writer.js', { args: [String(port)] });
  await measureMemory(writer);
  await measureSpeed(writer);
  await writer.stop();
} finally {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
