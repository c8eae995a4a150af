import { collector } from 'throughline/test';
import type { SinkAnswers } from './processes.ts';

/**
 * The collector as a process of its own. It keeps the sequence numbers of the spans that came and
 * counts those that came more than once, so that a million spans are a megabyte and not a gigabyte.
 */
const backend = await collector();
const arrived = new Set<string>();
const numbers = new Map<string, number[]>();
let received = 0;
let incomplete = 0;
let foreign = 0;

/** Its answers: it may call large requests too large, and refuse some spans of each. */
let answers: SinkAnswers = {};

backend.respond(({ records }) => {
  const { tooLargeAbove = Number.POSITIVE_INFINITY, rejects = 0 } = answers;
  if (records.length > tooLargeAbove) return { status: 413 };
  for (const { traceId, spanId, attributes } of records.slice(rejects)) {
    received++;
    const { seq, run } = attributes;
    const id = traceId + spanId;
    if (arrived.has(id)) continue;
    arrived.add(id);
    if (attributes['throughline.incomplete'] === true) incomplete++;
    if (typeof seq !== 'number' || typeof run !== 'string') {
      foreign++;
      continue;
    }
    const list = numbers.get(run);
    if (list === undefined) numbers.set(run, [seq]);
    else list.push(seq);
  }
  setImmediate(() => backend.reset()); // they are counted: nobody needs them whole
  if (rejects === 0) return undefined;
  const partialSuccess = { rejectedSpans: String(Math.min(rejects, records.length)), errorMessage: 'not these' };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ partialSuccess }) };
});

process.on('message', (question: { id: number; value?: SinkAnswers }) => {
  if (question.value !== undefined) answers = question.value;
  const runs = [...numbers].map(([run, list]) => [run, Uint32Array.from(list).toString()]);
  process.send?.({ id: question.id, received, distinct: arrived.size, incomplete, foreign, runs });
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0, url: backend.url });
