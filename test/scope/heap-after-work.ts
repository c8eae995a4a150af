import fc from 'fast-check';
import { span, start } from 'throughline';
import { anyWork, Expectation, perform } from './random-work.ts';

/** Run by interleaved.test.ts with --expose-gc and a number of operations: how much the heap has grown after rounds of the same work. */
const throughline = start({ service: 'heap', exporters: 'none' });
const works = fc.sample(anyWork, { numRuns: 200, seed: 7 });
const ROUNDS = 8;

async function round(): Promise<number> {
  const expectation = new Expectation();
  await span('start', (root) => Promise.all(works.map((work) => perform(work, root, 'start', expectation))));
  await throughline.flush();
  return expectation.parents.size;
}

async function heapBytes(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

// The first rounds compile: code and feedback are heap too.
for (let n = 0; n < 10; n++) await round();
let operations = 0;
/** The growth of three stretches of work. What is held grows in each of them; what V8 compiles meanwhile does not. */
const growths: number[] = [];
for (let stretch = 0; stretch < 3; stretch++) {
  const before = await heapBytes();
  const until = operations + Number(process.argv[2]) / 3;
  for (let n = 0; n < ROUNDS || operations < until; n++) operations += await round();
  growths.push((await heapBytes()) - before);
}
console.log(JSON.stringify({ operations, grownBytes: Math.min(...growths), open: throughline.openSpans().length }));
