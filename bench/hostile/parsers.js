import { answer } from '../processes.js';
import { formats, getter, hostileCarriers } from './wire-formats.js';

// In a process of its own: how long reading the worst header of 16 KB takes, by format.
const CANDIDATES = 4;
const CALLS = 500;
const RUNS = 10;
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

let kept;

/** All that reading a header ever costs: what an extract leaves for later is asked for. */
function readAll(propagator, fields) {
  const found = propagator.extract(fields, getter);
  return [found?.traceState?.serialize(), found?.baggage?.serialize()];
}

function timeCalls(propagator, fields, calls) {
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i += 1) {
    const start = performance.now();
    kept = readAll(propagator, fields);
    times[i] = performance.now() - start;
  }
  return times.sort();
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** All of the corpus a few times, then the slowest of it often: what takes longest at p99, in milliseconds. */
function worst({ name, propagator, valid }) {
  const carriers = hostileCarriers({ valid });
  for (const { fields } of carriers) timeCalls(propagator, fields, 10); // all of it warm before any is timed
  const slowest = carriers
    .map((carrier) => ({ ...carrier, median: at(timeCalls(propagator, carrier.fields, 15), 0.5) }))
    .sort((a, b) => b.median - a.median);
  const timed = slowest.slice(0, CANDIDATES).map(({ what, fields }) => {
    // The quietest run: others on the machine take a core away for milliseconds, which is no cost of reading.
    const runs = Array.from({ length: RUNS }, () => timeCalls(propagator, fields, CALLS));
    const least = (share) => Math.min(...runs.map((times) => at(times, share)));
    return { name, what, headers: carriers.length, p50: least(0.5), p99: least(0.99) };
  });
  // The slowest that Node's HTTP parser lets through; a traceparent that is none would only spare us the tracestate.
  const sendable = slowest.find(({ field, hostile }) => field !== 'traceparent' && SENDABLE.test(hostile));
  return { ...timed.sort((a, b) => b.p99 - a.p99)[0], field: sendable.field, hostile: sendable.hostile };
}

answer({ worst: () => formats.map(worst), kept: () => kept !== undefined });
