import { calls } from './rungs.js';

/**
 * The counts that a window of a rung must have sent and passed on, so that nobody measures a no-op: `traces` and
 * `misplaced` are the sink's (see sink.js), the rest is what the server behind /call was asked.
 */
export function expectedOf(rung, route, requests) {
  const called = calls(route) ? requests : 0;
  return {
    traces: rung.exportsSpans ? requests : 0,
    misplaced: 0,
    calls: called,
    traceparents: rung.propagates ? called : 0,
    baggage: rung.baggage ? called : 0,
  };
}

/** Throws an Error naming every figure that is not as expected. */
export function prove(label, expected, found) {
  const wrong = Object.keys(expected).filter((name) => expected[name] !== found[name]);
  if (wrong.length === 0) return;
  const list = wrong.map((name) => `${name}: expected ${expected[name]}, found ${found[name]}`).join('; ');
  throw new Error(`${label}: ${list}`);
}
