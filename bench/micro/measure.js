import { answer } from '../processes.js';
import { median } from '../statistics.js';

// One file of micro-benchmarks in its own process. A file exports `title` and `cases`: name -> function
// that does the operation once and returns something of its result.
const { title, cases } = await import(`./${process.argv[2]}`);

// What a case returns is kept here, so that the compiler cannot drop the work.
let kept;

function timeBatch(operation, times) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i += 1) kept = operation();
  return Number(process.hrtime.bigint() - start);
}

/** How often an operation runs in `batchMs`, found by doubling: that is its warm-up too. */
function calibrate(operation, batchMs) {
  let times = 64;
  let nanos = timeBatch(operation, times);
  while (nanos < batchMs * 1e6) {
    times *= 2;
    nanos = timeBatch(operation, times);
  }
  return times;
}

/** Nanoseconds an operation, by case: the median of batches that take turns (A B C A B C ...). */
async function measure({ batches, batchMs }) {
  const runs = Object.entries(cases).map(([name, operation]) => ({
    name,
    operation,
    times: calibrate(operation, batchMs),
    figures: [],
  }));
  for (let batch = 0; batch < batches; batch += 1) {
    for (const run of runs) {
      globalThis.gc?.();
      run.figures.push(timeBatch(run.operation, run.times) / run.times);
      // Lets queues that were filled by the batch drain, outside the measured time.
      await new Promise(setImmediate);
    }
  }
  return Object.fromEntries(runs.map(({ name, figures }) => [name, median(figures)]));
}

answer({ measure, kept: () => kept !== undefined }, title);
