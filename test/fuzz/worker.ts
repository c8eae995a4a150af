import { parentPort } from 'node:worker_threads';
import fc from 'fast-check';
import type { Chunk, ChunkResult } from './plan.ts';
import { fuzzProperties } from './properties.ts';

/** One core's worth of `npm run fuzz`: a chunk comes in, its result goes out. */
async function runChunk({ property: name, seed, cases }: Chunk): Promise<ChunkResult> {
  const found = fuzzProperties.find((property) => property.name === name);
  if (found === undefined) return { property: name, seed, cases, failure: 'there is no such property' };
  const details = await fc.check(found.property, { seed, numRuns: cases });
  const failure = details.failed ? fc.defaultReportMessage(details) : undefined;
  return { property: name, seed, cases: details.numRuns, failure };
}

parentPort?.on('message', async (chunk: Chunk) => parentPort?.postMessage(await runChunk(chunk)));
