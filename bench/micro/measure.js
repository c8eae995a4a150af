import { answer } from '../processes.js';
import { median } from '../statistics.js';

// One file of micro-benchmarks in its own process. It exports `title` and `cases` (name -> function that does
// the operation and returns something of its result), and where needed `drain` (run between batches, not
// measured), `inScope` (calls the measuring function where it should run), `operationsPerCall`, and
// `maxCalls` of a batch: where each call leaves something behind, a batch by time would have the faster
// side hold more of it, and pay the garbage collector for that. `minCalls`: the same from the other end.
const NANOSECONDS = 1e6;
const file = await import(`./${process.argv[2]}`);
const inScope = file.inScope ?? ((run) => run());
const operationsPerCall = file.operationsPerCall ?? 1;
const maxCalls = file.maxCalls ?? Number.POSITIVE_INFINITY;
const minCalls = file.minCalls ?? 1;

// What a case returns is kept here, so that the compiler cannot drop the work.
let kept;

function timeBatch(operation, times) {
  const start = performance.now();
  for (let i = 0; i < times; i += 1) kept = operation();
  return (performance.now() - start) * NANOSECONDS;
}

/** The number of runs of an operation in `batchMs`, found by doubling: its warm-up too, hence twice. */
async function calibrate(operation, batchMs) {
  let times = 1;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    times = 1;
    while (inScope(() => timeBatch(operation, times)) < batchMs * NANOSECONDS) {
      times *= 2;
      await file.drain?.();
    }
  }
  return Math.max(minCalls, Math.min(times, maxCalls));
}

/** Nanoseconds an operation, by case: the median of batches that take turns (A B C A B C ...). */
async function measure({ batches, batchMs }) {
  const runs = [];
  for (const [name, operation] of Object.entries(file.cases)) {
    runs.push({ name, operation, times: await calibrate(operation, batchMs), figures: [] });
  }
  for (let batch = 0; batch < batches; batch += 1) {
    for (const { operation, times, figures } of runs) {
      globalThis.gc?.();
      figures.push(inScope(() => timeBatch(operation, times)) / times / operationsPerCall);
      await file.drain?.();
    }
  }
  return Object.fromEntries(runs.map(({ name, figures }) => [name, median(figures)]));
}

answer({ measure, kept: () => kept !== undefined }, file.title);
