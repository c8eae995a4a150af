import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FULL_LENGTH_TESTS, FULL_LENGTH_VARIABLE } from '../support/full-length.ts';
import { type Chunk, type ChunkResult, planChunks } from './plan.ts';

const HELP = `npm run fuzz -- [options]

  --cases <n>     random cases of all properties together (1000000)
  --seed <n>      where they begin (by the clock); printed, so that a run can be had again
  --only <text>   only the properties, and the long tests, whose name has this in it
  --workers <n>   threads (one a core)`;

/**
 * `npm run fuzz`: the properties of properties.ts at as many cases as asked for, then the tests of which the suite
 * runs a part, at full length. Status 1 when something does not hold.
 */
async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      only: { type: 'string', default: '' },
      workers: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const cases = wholeNumber(values.cases, 'cases');
  const seed = wholeNumber(values.seed, 'seed');
  const workers = Math.max(1, wholeNumber(values.workers, 'workers'));
  // Loaded when it is clear that they are wanted: they take a second.
  const { formats } = await import('./fuzz-property.ts');
  const { fuzzProperties } = await import('./properties.ts');
  const properties = fuzzProperties.filter(({ name }) => name.includes(values.only));
  const long = FULL_LENGTH_TESTS.filter((name) => name.includes(values.only));
  if (properties.length + long.length === 0) throw new Error(`--only: nothing has "${values.only}" in its name`);
  const chunks = planChunks(properties, { cases, seed });
  console.log(
    `fuzz: seed ${seed}, ${properties.length} properties, formats ${formats.map(({ name }) => name).join(' ')}`,
  );
  report(await runAll(chunks, workers));
  for (const name of long) await runAtFullLength(name);
}

async function runAtFullLength(name: string): Promise<void> {
  console.log(`fuzz: test/${name} at full length`);
  const file = fileURLToPath(new URL(`../${name}.test.js`, import.meta.url));
  const child = spawn(process.execPath, ['--enable-source-maps', '--test', file], {
    env: { ...process.env, [FULL_LENGTH_VARIABLE]: 'full' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [status] = await once(child, 'close');
  if (status !== 0) process.exitCode = 1;
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number up to 999999999, got "${text}"`);
  return Number(text);
}

/** Every chunk by the next free worker; of a property that failed the rest is left out. */
async function runAll(chunks: readonly Chunk[], workers: number): Promise<ChunkResult[]> {
  const results: ChunkResult[] = [];
  const failed = new Set<string>();
  const progress = new Progress(chunks.reduce((sum, { cases }) => sum + cases, 0));
  const waiting = [...chunks];
  async function work(): Promise<void> {
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      if (failed.has(chunk.property)) continue;
      const result = await ask(worker, chunk);
      if (result.failure !== undefined) failed.add(chunk.property);
      results.push(result);
      progress.add(result.cases);
    }
    await worker.terminate();
  }
  await Promise.all(Array.from({ length: workers }, work));
  progress.end();
  return results;
}

function ask(worker: Worker, chunk: Chunk): Promise<ChunkResult> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(chunk);
  });
}

/** One line that moves in a terminal; elsewhere one for each tenth. */
class Progress {
  readonly #total: number;
  #done = 0;
  #shown = 0;

  constructor(total: number) {
    this.#total = total;
  }

  add(cases: number): void {
    this.#done += cases;
    const percent = Math.floor((this.#done / this.#total) * 100);
    if (percent < this.#shown + (process.stderr.isTTY ? 1 : 10)) return;
    this.#shown = percent;
    const line = `fuzz: ${this.#done} of ${this.#total} cases`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\n');
  }
}

function report(results: readonly ChunkResult[]): void {
  const failures = results.filter(({ failure }) => failure !== undefined);
  for (const { property, seed, failure } of failures) {
    console.error(`\n${property}\n${failure}\nagain: npm run fuzz -- --seed ${seed} --cases 1000 --only "${property}"`);
  }
  const cases = results.reduce((sum, result) => sum + result.cases, 0);
  const properties = new Set(results.map(({ property }) => property)).size;
  console.log(`fuzz: ${cases} cases of ${properties} properties, ${failures.length} properties broken`);
  if (failures.length > 0) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
