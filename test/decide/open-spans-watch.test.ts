import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { ManualClock } from '../core/manual-clock.ts';
import { testTracer } from '../core/tracer-fixture.ts';

const MINUTE = 60_000;

describe('spans that nobody ends', () => {
  let clock: ManualClock;

  /** Both clocks go on: the one that spans are measured by, and that of timers. */
  function pass(ms: number): void {
    clock.advance(ms);
    mock.timers.tick(ms);
  }

  beforeEach(() => {
    clock = new ManualClock();
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it(
    'are reported after five minutes, each once, and stay countable',
    endsClean(({ watch, takeDiagnostics }) => {
      const { tracer, stats } = watch(testTracer({}, { clock }));
      const first = tracer.startSpan('stuck "one"', { parent: null });
      pass(MINUTE);
      const second = first.child('inner');
      pass(4 * MINUTE - 1);
      assert.deepEqual(takeDiagnostics(), []);
      pass(1);
      pass(1);
      const [line, ...more] = takeDiagnostics();
      assert.match(
        line ?? '',
        /^1 span is open for more than 5 min, the oldest "stuck \\"one\\"" \(trace [0-9a-f]{32}\)/,
      );
      assert.deepEqual([more, tracer.ledger.countOverdue(), stats().open], [[], 1, 2]);
      pass(MINUTE);
      assert.match(takeDiagnostics().join(), /^1 span is open for more than 5 min, the oldest "inner"/);
      pass(60 * MINUTE);
      assert.equal(tracer.ledger.countOverdue(), 2);
      second.end();
      first.end();
      assert.equal(tracer.ledger.countOverdue(), 0);
      assertCounterLaw(stats());
    }),
  );

  it(
    'are reported after the time that limits.openMs gives, or never',
    endsClean(({ watch, takeDiagnostics }) => {
      for (const [openMs, reports] of [
        [1500, 1],
        [0, 0],
      ] as const) {
        const { tracer } = watch(testTracer({ limits: { openMs } }, { clock }));
        const span = tracer.startSpan('stuck', { parent: null });
        pass(1501);
        const lines = takeDiagnostics();
        assert.deepEqual([lines.length, tracer.ledger.countOverdue()], [reports, reports]);
        assert.match(lines.join(), reports === 0 ? /^$/ : /open for more than 1.5 s/);
        span.end();
      }
    }),
  );

  it(
    'hold up no trace that waits for its decision',
    endsClean(async ({ watch, takeDiagnostics }) => {
      const { tracer, finished, stats } = watch(testTracer({ sample: 0, keep: { errors: true } }, { clock }));
      const stuck = tracer.startSpan('worker', { parent: null });
      stuck.child('failed').fail(new Error('gone')).end();
      const calm = tracer.startSpan('calm worker', { parent: null });
      calm.child('done').end();
      pass(5 * MINUTE + 1);
      assert.equal(takeDiagnostics().length, 1);
      assert.equal(stats().sampledOut, 1);
      mock.timers.reset();
      assert.deepEqual(
        (await finished()).map((record) => record.name),
        ['failed'],
      );
      stuck.end();
      calm.end();
      await finished();
    }),
  );

  it(
    'are not looked for where nothing is recorded or open',
    endsClean(({ watch, takeDiagnostics }) => {
      const { tracer } = watch(testTracer({ sample: 0 }, { clock }));
      const unsampled = tracer.startSpan('unsampled', { parent: null });
      pass(10 * MINUTE);
      unsampled.end();
      const sampled = watch(testTracer({}, { clock })).tracer;
      sampled.startSpan('quick', { parent: null }).end();
      pass(10 * MINUTE);
      assert.deepEqual(takeDiagnostics(), []);
    }),
  );
});
