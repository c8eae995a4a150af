import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { test } from 'node:test';
import type { SpanRecord } from 'throughline';
import { childEnvironment } from '../support/child-process.ts';

/** FAULTS: 30 s and this are the same to a clock that does not stop with the process. */
const PAUSE_MS = 200;

test('a process that is stopped in the middle of a request has durations that include it, and children within their parents', async () => {
  const child = fork(new URL('./paused-server.js', import.meta.url).pathname, { env: childEnvironment() });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const waits = once(child, 'message');
  const answered = once(get(url, { agent: false }), 'response');
  await waits;

  const stoppedMs = performance.now();
  child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS)); // the fault itself
  child.kill('SIGCONT');
  const pauseMs = performance.now() - stoppedMs;
  const recorded = once(child, 'message');
  child.send('go on');
  const [answer] = await answered;
  answer.resume();
  const [{ spans }] = (await recorded) as [{ spans: SpanRecord[] }];

  const request = spans.find(({ kind }) => kind === 'server');
  assert.ok(request !== undefined && spans.length === 4);
  const endMs = request.startTimeMs + request.durationMs;
  for (const { name, startTimeMs, durationMs, events } of spans) {
    assert.ok(startTimeMs >= request.startTimeMs && startTimeMs + durationMs <= endMs, name);
    assert.ok(durationMs >= 0, name);
    for (const { timeMs } of events) assert.ok(timeMs >= startTimeMs && timeMs <= startTimeMs + durationMs, name);
  }
  const startOf = (name: string): number => spans.find((record) => record.name === name)?.startTimeMs ?? Number.NaN;
  assert.ok(startOf('before') <= startOf('waits') && startOf('waits') <= startOf('after'));
  // It was open all the while: monotonic clocks of one machine agree on that.
  assert.ok(request.durationMs >= pauseMs, `${request.durationMs} ms, stopped for ${pauseMs} ms`);
});
