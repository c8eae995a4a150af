import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FaultProxy } from '../../dist/test/faults/fault-proxy.js';
import { SinkProcess } from '../../dist/test/faults/processes.js';
import { missingOf } from '../../dist/test/faults/world.js';
import { installPeers } from '../install.js';
import { startProcess } from '../processes.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const RATE = 500;
const BEFORE_MS = 15_000;
const DOWN_MS = Number(process.env.BENCH_DOWN_MS ?? 30_000);
const AFTER_MS = 15_000;
const DOORS = ['opentelemetry', 'throughline'];

/** One minute of one tracer, with a collector that is away for half of it. */
async function outage(door) {
  const spool = mkdtempSync(join(tmpdir(), 'throughline-outage-'));
  const sink = await SinkProcess.start();
  const proxy = await new FaultProxy(sink.url).open();
  const service = await startProcess('./outage/service.js', {
    args: [door, String(RATE), spool],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: proxy.url },
  });
  try {
    await service.ask('begin');
    await setTimeout(BEFORE_MS);
    await proxy.become('refuse');
    await setTimeout(DOWN_MS);
    await proxy.become('pass');
    await setTimeout(AFTER_MS);
    const { made, counted, finishMs } = await service.ask('finish');
    await setTimeout(1000);
    const arrived = await sink.arrived();
    const lost = missingOf(arrived, 'outage', made).length;
    return { made, lost, counted, again: arrived.received - arrived.distinct, finishMs };
  } finally {
    await service.stop();
    await proxy.close();
    sink.stop();
    rmSync(spool, { recursive: true, force: true });
  }
}

installPeers();
const lines = [];
console.log(`\nA collector that is down for ${DOWN_MS / 1000} s of a minute, ${RATE} spans/s\n`);
console.log('  round  tracer           made    lost  it counts  sent again  shutdown');
for (let round = 1; round <= ROUNDS; round += 1) {
  // At the same time: the same machine, busy with the same.
  const figures = await Promise.all(DOORS.map(outage));
  figures.forEach(({ made, lost, counted, again, finishMs }, i) => {
    const cells = [made, lost, counted, again].map((cell, column) => String(cell).padStart([6, 8, 11, 12][column]));
    lines.push({
      round,
      tracer: DOORS[i],
      downMs: DOWN_MS,
      made,
      lost,
      counted,
      again,
      shutdownMs: Math.round(finishMs),
    });
    console.log(`  ${round}      ${DOORS[i].padEnd(14)}${cells.join('')}  ${finishMs.toFixed(0).padStart(5)} ms`);
  });
}
// docs/evidence/reliability.md shows them: `npm run soak` writes it.
writeFileSync(
  new URL('../../docs/evidence/outage.jsonl', import.meta.url),
  lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
);
