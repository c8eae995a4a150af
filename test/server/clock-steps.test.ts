import assert from 'node:assert/strict';
import { test } from 'node:test';

// Before the library is loaded: it takes the clock as it finds it then.
const realNow = Date.now;
let stepMs = 0;
Date.now = () => realNow() + stepMs;
const { current, span, tracing } = await import('throughline');
const { Recorder } = await import('../contract/checks/recorder.ts');
const { exchange, requestText, withListener } = await import('../contract/server/bench.ts');

const HOUR_MS = 3_600_000;

for (const [what, by] of [
  ['an hour back', -HOUR_MS],
  ['an hour on', HOUR_MS],
] as const) {
  test(`a clock that steps ${what} during a request moves no span of it`, async () => {
    const recorder = new Recorder('clock-steps');
    const listener = tracing.handler((_req, res) => {
      span('before', () => undefined);
      stepMs += by;
      span('after', () => undefined);
      current()?.log('stepped');
      res.end();
    });
    await withListener(listener, async (site) => {
      await exchange(site, requestText('GET /'));
    });
    const spans = await recorder.spans();
    const request = spans.find(({ kind }) => kind === 'server');
    assert.ok(request !== undefined && spans.length === 3);
    const endMs = request.startTimeMs + request.durationMs;
    for (const { name, startTimeMs, durationMs } of spans) {
      assert.ok(startTimeMs >= request.startTimeMs && startTimeMs + durationMs <= endMs, name);
      assert.ok(durationMs >= 0 && durationMs < HOUR_MS / 2, name);
    }
    assert.ok((request.events[0]?.timeMs ?? 0) <= endMs);
    await recorder.shutdown();
  });
}
