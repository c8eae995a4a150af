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

// The first rounds compile: code and feedback are heap too. Beside another build, ten rounds once were too few.
for (let n = 0; n < 30; n++) await round();
const before = await heapBytes();
let operations = 0;
for (let n = 0; n < ROUNDS || operations < Number(process.argv[2]); n++) operations += await round();
const grownBytes = (await heapBytes()) - before;
console.log(JSON.stringify({ operations, grownBytes, open: throughline.openSpans().length }));
