import { readdirSync } from 'node:fs';
import { startProcess } from '../processes.js';
import { median } from '../statistics.js';

const FOLDER = new URL('.', import.meta.url);

/** Runs every `*.bench.js` of this folder, each in a fresh process a round, files interleaved over the rounds. */
export async function runMicro({ sets, quick }, onProgress) {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.bench.js'))
    .sort()
    .map((name) => ({ name, title: '', rounds: [] }));
  for (let round = 0; round < sets; round += 1) {
    onProgress(`round ${round + 1} of ${sets}: micro-benchmarks`);
    for (const file of files) await runFile(file, quick);
  }
  return files.map(summarize);
}

async function runFile(file, quick) {
  const child = await startProcess('./micro/measure.js', { args: [file.name], execArgv: ['--expose-gc'] });
  try {
    file.title = child.ready;
    file.rounds.push(await child.ask('measure', { batches: quick ? 5 : 15, batchMs: quick ? 10 : 20 }));
  } finally {
    await child.stop();
  }
}

function summarize({ title, rounds }) {
  const names = Object.keys(rounds[0]);
  const rows = names.map((name) => {
    const figures = rounds.map((round) => round[name]);
    return { name, median: median(figures), range: [Math.min(...figures), Math.max(...figures)] };
  });
  return { title, rows };
}
