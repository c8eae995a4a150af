import '../support/faked-timers.ts';
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { Exporter, SpanRecord } from 'throughline/exporters';
import { estimateBytes } from '../../src/core/pipeline/record-size.ts';
import { Sender } from '../../src/core/pipeline/sender.ts';
import type { BatchSettings } from '../../src/core/pipeline/settings.ts';
import type { ExporterStats } from '../../src/core/pipeline/stats.ts';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { bareRecord } from '../contract/suites/sample-record.ts';
import { ACCEPTED, namesOf, REFUSED, RETRY, scriptedExporter, TOO_LARGE } from './scripted-exporter.ts';

const SETTINGS: BatchSettings = {
  maxBatch: 4,
  delayMs: 150,
  timeoutMs: 10_000,
  queueSpans: Number.POSITIVE_INFINITY,
  queueBytes: 1e6,
};

function senderOf(exporter: Exporter, settings: Partial<BatchSettings> = {}) {
  const said: string[] = [];
  const sender = new Sender(exporter, { ...SETTINGS, ...settings }, (message) => said.push(message));
  let pushed = 0;
  return {
    sender,
    said,
    push(count = 1): void {
      for (let i = 0; i < count; i++) {
        const record = bareRecord({ name: `${++pushed}` });
        sender.push(record, estimateBytes(record));
        checked(sender);
      }
    },
  };
}

/** The figures, which hold the law whenever they are asked for. */
function checked(sender: Sender): ExporterStats {
  const stats = sender.stats();
  assertCounterLaw({ started: stats.ended, open: 0, ...stats });
  return stats;
}

/** Everything that can happen without time passing: immediates and promises are real. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await settle();
}

describe('a sender', () => {
  it('waits for company, then sends what there is in order', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { sender, push } = senderOf(exporter);
    push(3);
    await pass(149);
    assert.equal(exporter.calls.length, 0);
    await pass(1);
    assert.deepEqual(exporter.accepted, ['1', '2', '3']);
    assert.equal(checked(sender).exported, 3);
  });

  it('sends a full batch without waiting, but not inside the call that ends a span', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { push } = senderOf(exporter);
    push(4);
    assert.equal(exporter.calls.length, 0);
    await settle();
    assert.deepEqual(exporter.accepted, ['1', '2', '3', '4']);
  });

  it('sends a first full batch without waiting when a batch is one span', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { push } = senderOf(exporter, { maxBatch: 1 });
    push();
    await settle();
    assert.deepEqual(exporter.accepted, ['1']);
  });

  it('makes batches of at most maxBatch, one at a time, and keeps the order', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(10);
    const first = await exporter.call(1);
    push(2);
    await settle();
    assert.equal(exporter.calls.length, 1);
    first.answer(ACCEPTED);
    (await exporter.call(2)).answer(ACCEPTED);
    (await exporter.call(3)).answer(ACCEPTED);
    await settle();
    assert.deepEqual(
      exporter.calls.map((call) => namesOf(call.batch)),
      [
        ['1', '2', '3', '4'],
        ['5', '6', '7', '8'],
        ['9', '10', '11', '12'],
      ],
    );
    assert.deepEqual([checked(sender).exported, checked(sender).queued], [12, 0]);
  });

  it('lets a part of a batch wait again', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { push } = senderOf(exporter);
    push(6);
    await settle();
    assert.equal(exporter.accepted.length, 4);
    await pass(150);
    assert.equal(exporter.accepted.length, 6);
  });

  it('counts what is in flight as queued', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(5);
    await exporter.call(1);
    assert.deepEqual([checked(sender).queued, checked(sender).exported], [5, 0]);
  });
});

describe('a full queue', () => {
  it('drops the oldest by count, and counts them', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { sender, push } = senderOf(exporter, { queueSpans: 3, maxBatch: 3 });
    push(8);
    assert.deepEqual([checked(sender).dropped.queue, checked(sender).queued], [5, 3]);
    await settle();
    assert.deepEqual(exporter.accepted, ['6', '7', '8']);
  });

  it('drops the oldest by bytes, and counts them', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const room = 3 * estimateBytes(bareRecord({ name: '1' }));
    const { sender, push } = senderOf(exporter, { queueBytes: room, maxBatch: 100 });
    push(9);
    assert.deepEqual([checked(sender).dropped.queue, checked(sender).queued], [6, 3]);
    await pass(150);
    assert.deepEqual(exporter.accepted, ['7', '8', '9']);
  });

  it('is full for one span that is larger than all of it', async () => {
    const { sender, push } = senderOf(scriptedExporter(), { queueBytes: 10 });
    push(2);
    assert.deepEqual([checked(sender).dropped.queue, checked(sender).queued], [2, 0]);
  });

  it('makes room for a batch that comes back by dropping the oldest', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter, { queueSpans: 4 });
    push(4);
    const call = await exporter.call(1);
    push(3);
    call.answer(RETRY);
    await settle();
    assert.deepEqual([checked(sender).dropped.queue, checked(sender).queued], [3, 4]);
    await pass(250);
    assert.deepEqual(namesOf((await exporter.call(2)).batch), ['4', '5', '6', '7']);
  });

  const heavy: readonly [what: string, record: Partial<SpanRecord>][] = [
    ['its name', { name: 'x'.repeat(5000) }],
    ['its tracestate', { traceState: `a=${'x'.repeat(5000)}` }],
    ['its status message', { status: { code: 'error', message: 'x'.repeat(5000) } }],
    ['its values', { attributes: { a: 'x'.repeat(5000) } }],
    ['its lists', { attributes: { a: ['x'.repeat(2500), 'x'.repeat(2500)] } }],
    ['its keys', { attributes: { ['x'.repeat(5000)]: true } }],
    ['its events', { events: [{ name: 'x'.repeat(2500), timeMs: 0, attributes: { a: 'x'.repeat(2500) } }] }],
  ];
  for (const [what, record] of heavy) {
    it(`weighs a span with ${what}`, () => {
      const added = estimateBytes(bareRecord(record)) - estimateBytes(bareRecord());
      assert.ok(added >= 4980 && added < 6000, String(added));
    });
  }
});

describe('a failed export', () => {
  it('puts the batch back in its order, and backs off from 250 ms to at most 1.5 s', async () => {
    const exporter = scriptedExporter(() => RETRY);
    const { sender, push } = senderOf(exporter);
    push(6);
    await settle();
    for (const [attempt, ceiling] of [250, 500, 1000, 1500, 1500, 1500].entries()) {
      assert.equal(exporter.calls.length, attempt + 1);
      await pass(ceiling / 2 - 1); // with jitter: from half of it
      assert.equal(exporter.calls.length, attempt + 1);
      await pass(ceiling / 2 + 1);
    }
    for (const call of exporter.calls) assert.deepEqual(namesOf(call.batch), ['1', '2', '3', '4']);
    assert.deepEqual([checked(sender).queued, checked(sender).lastError], [6, 'down']);
  });

  it('is not tried again sooner because more spans end', async () => {
    const exporter = scriptedExporter(() => ({ outcome: 'retry', reason: 'busy', retryAfterMs: 5000 }));
    const { push } = senderOf(exporter);
    push(4);
    await settle();
    push(20);
    await pass(4999);
    assert.equal(exporter.calls.length, 1);
    await pass(1);
    assert.equal(exporter.calls.length, 2);
  });

  it('obeys what the other side asks for, up to a minute', async () => {
    const exporter = scriptedExporter(() => ({ outcome: 'retry', reason: 'busy', retryAfterMs: 1e9 }));
    const { push } = senderOf(exporter);
    push(4);
    await settle();
    await pass(59_999);
    assert.equal(exporter.calls.length, 1);
    await pass(1);
    assert.equal(exporter.calls.length, 2);
  });

  it('backs off as usual when what it asks for is no time', async () => {
    for (const retryAfterMs of [Number.NaN, -5, 'soon', null]) {
      const exporter = scriptedExporter(() => ({ outcome: 'retry', reason: 'busy', retryAfterMs }));
      const { push } = senderOf(exporter);
      push(4);
      await settle();
      await pass(124);
      assert.equal(exporter.calls.length, 1, String(retryAfterMs));
      await pass(126);
      assert.equal(exporter.calls.length, 2, String(retryAfterMs));
    }
  });

  it('starts its back-off anew after a success', async () => {
    const exporter = scriptedExporter((_, number) => (number === 3 ? ACCEPTED : RETRY));
    const { push } = senderOf(exporter);
    push(4);
    await settle();
    await pass(250);
    await pass(500);
    assert.equal(exporter.accepted.length, 4);
    push(4);
    await settle();
    await pass(250);
    assert.equal(exporter.calls.length, 5);
  });

  it('is counted and gone when it was refused', async () => {
    const exporter = scriptedExporter((_, number) => (number === 1 ? REFUSED : ACCEPTED));
    const { sender, push } = senderOf(exporter);
    push(8);
    await settle();
    const { dropped, exported, lastError } = checked(sender);
    assert.deepEqual([dropped.export, exported, lastError], [4, 4, 'bad']);
    assert.deepEqual(exporter.accepted, ['5', '6', '7', '8']);
  });

  it('may be partial: exactly the rejected are counted', async () => {
    const exporter = scriptedExporter(() => ({ outcome: 'accepted', rejected: 3, message: 'too old' }));
    const { sender, push } = senderOf(exporter);
    push(4);
    await settle();
    const { dropped, exported, lastError } = checked(sender);
    assert.deepEqual([dropped.export, exported, lastError], [3, 1, 'too old']);
  });
});

describe('a batch that is too large for the other side', () => {
  const sizesOf = (exporter: { calls: readonly { batch: readonly SpanRecord[] }[] }) =>
    exporter.calls.map(({ batch }) => batch.length);

  it('is sent in halves, in order, and later requests grow again slowly', async () => {
    const exporter = scriptedExporter((batch) => (batch.length > 8 ? TOO_LARGE : ACCEPTED));
    const { sender, push } = senderOf(exporter, { maxBatch: 32 });
    push(160);
    await sender.flush(1000);
    // sixteen that went through, then one that tries for more
    assert.deepEqual(sizesOf(exporter), [32, 16, ...Array(16).fill(8), 10, 5, 5, 5, 5, 5, 5, 2]);
    assert.deepEqual(
      exporter.accepted,
      Array.from({ length: 160 }, (_, i) => `${i + 1}`),
    );
    assert.deepEqual([checked(sender).exported, checked(sender).dropped.export], [160, 0]);
  });

  it('loses nothing but the one span that is too large by itself', async () => {
    const exporter = scriptedExporter(
      (batch) => (namesOf(batch).includes('5') ? TOO_LARGE : ACCEPTED),
      'http://there/',
    );
    const { sender, push, said } = senderOf(exporter, { maxBatch: 8 });
    push(8);
    await sender.flush(1000);
    assert.deepEqual(exporter.accepted, ['1', '2', '3', '4', '6', '7', '8']);
    const { exported, dropped, lastError } = checked(sender);
    assert.deepEqual([exported, dropped.export, lastError], [7, 1, '413']);
    assert.ok(
      said.some((line) => line.startsWith('http://there/ refuses spans: 413')),
      said.join('\n'),
    );
  });

  it('keeps what is left of it when the rest fails', async () => {
    const answers = [TOO_LARGE, ACCEPTED, RETRY, ACCEPTED];
    const exporter = scriptedExporter((_, number) => answers[number - 1]);
    const { sender, push } = senderOf(exporter);
    push(4);
    await settle();
    assert.deepEqual([checked(sender).exported, checked(sender).queued], [2, 2]);
    await pass(250);
    assert.deepEqual([exporter.accepted, checked(sender).exported], [['1', '2', '3', '4'], 4]);
  });

  it('is counted when the sender was shut down meanwhile', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(4);
    const call = await exporter.call(1);
    const stopped = sender.shutdown(10);
    await pass(10);
    await stopped;
    call.answer(TOO_LARGE);
    await settle();
    assert.deepEqual([checked(sender).dropped.shutdown, checked(sender).queued], [4, 0]);
  });
});

describe('a batch', () => {
  it('holds no more than about a megabyte', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const sender = new Sender(exporter, { ...SETTINGS, maxBatch: 100, queueBytes: 1e8 }, () => undefined);
    for (let i = 0; i < 20; i++) sender.push(bareRecord(), 300_000);
    sender.push(bareRecord(), 5_000_000);
    await sender.flush(1000);
    assert.deepEqual(
      exporter.calls.map(({ batch }) => batch.length),
      [3, 3, 3, 3, 3, 3, 2, 1],
    );
  });

  it('is followed by a turn of the event loop, though the exporter answers at once', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { push } = senderOf(exporter);
    push(40);
    let callsBefore: number | undefined;
    setImmediate(() =>
      setImmediate(() => {
        callsBefore = exporter.calls.length;
      }),
    );
    await settle();
    assert.ok(callsBefore !== undefined && callsBefore < 5, `${callsBefore} of 10`);
  });
});

describe('Retry-After', () => {
  it('of 0 is no leave to go on without a pause', async () => {
    const exporter = scriptedExporter(() => ({ outcome: 'retry', reason: 'busy', retryAfterMs: 0 }));
    const { push } = senderOf(exporter);
    push(4);
    await settle();
    await pass(124);
    assert.equal(exporter.calls.length, 1);
    await pass(126);
    assert.equal(exporter.calls.length, 2);
  });

  it('holds back a flush too, which then waits no longer than it was told', async () => {
    const exporter = scriptedExporter(() => ({ outcome: 'retry', reason: 'busy', retryAfterMs: 5000 }));
    const { sender, push } = senderOf(exporter);
    push(4);
    await settle();
    await sender.flush(10_000, false);
    const patient = sender.flush(3000);
    await pass(3000);
    await patient;
    assert.deepEqual([exporter.calls.length, checked(sender).queued], [1, 4]);
  });
});

describe('an exporter that misbehaves', () => {
  const partial: readonly [rejected: unknown, counted: number][] = [
    [5, 4],
    [-1, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 4],
    [1.5, 1],
    ['2', 0],
    [null, 0],
  ];
  for (const [rejected, counted] of partial) {
    it(`breaks no books with ${String(rejected)} rejected of 4`, async () => {
      const { sender, push } = senderOf(scriptedExporter(() => ({ outcome: 'accepted', rejected })));
      push(4);
      await settle();
      assert.deepEqual([checked(sender).dropped.export, checked(sender).exported], [counted, 4 - counted]);
    });
  }

  for (const nonsense of [null, 5, 'accepted', {}, { outcome: 'fine' }, [], { outcome: 'refused', reason: 5 }]) {
    it(`has its batch dropped and counted when it answers ${JSON.stringify(nonsense)}`, async () => {
      const { sender, push } = senderOf(scriptedExporter(() => nonsense));
      push(4);
      await settle();
      assert.deepEqual([checked(sender).dropped.export, checked(sender).queued], [4, 0]);
      assert.match(String(checked(sender).lastError), /did not resolve with an outcome|no reason/);
    });
  }

  it('is tried again after it threw, rejected, or answered with a getter that throws', async () => {
    const refuse = (): never => {
      throw new Error('from the exporter');
    };
    const hostile = Object.defineProperty({}, 'outcome', { get: refuse });
    const exporter = scriptedExporter((_, number) => {
      if (number === 1) refuse();
      return [undefined, undefined, undefined, hostile, ACCEPTED][number];
    });
    const { sender, push } = senderOf(exporter);
    push(4);
    await settle();
    assert.equal(checked(sender).lastError, 'from the exporter');
    await pass(250);
    (await exporter.call(2)).reject(undefined);
    await settle();
    assert.equal(checked(sender).lastError, 'undefined');
    await pass(500);
    await pass(1000);
    assert.deepEqual(exporter.accepted, ['1', '2', '3', '4']);
    assert.equal(checked(sender).exported, 4);
  });

  it('is given up at the deadline, told by the signal, and not waited for', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter, { timeoutMs: 1000 });
    push(4);
    const { signal, answer } = await exporter.call(1);
    await pass(999);
    assert.equal(signal.aborted, false);
    await pass(1);
    assert.equal(signal.aborted, true);
    assert.deepEqual([checked(sender).queued, checked(sender).lastError], [4, 'no answer within 1000 ms']);
    answer(ACCEPTED); // too late: the batch is back in the queue
    await settle();
    assert.deepEqual([checked(sender).queued, checked(sender).exported], [4, 0]);
  });

  it('holds up no other sender', async () => {
    const dead = senderOf(scriptedExporter());
    const alive = scriptedExporter(() => ACCEPTED);
    const other = senderOf(alive);
    for (let i = 0; i < 8; i++) {
      dead.push();
      other.push();
    }
    await settle();
    assert.equal(alive.accepted.length, 8);
    assert.equal(checked(dead.sender).queued, 8);
  });
});

describe('flush', () => {
  it('resolves at once when nothing waits', async () => {
    const { sender } = senderOf(scriptedExporter());
    await sender.flush(1000);
  });

  it('sends everything now, the last part of a batch too', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { sender, push } = senderOf(exporter);
    push(10);
    await sender.flush(1000);
    assert.equal(exporter.accepted.length, 10);
  });

  it('waits for a drain that runs, and for what ended meanwhile', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(4);
    const first = await exporter.call(1);
    let done = false;
    const flushed = sender.flush(1000).then(() => {
      done = true;
    });
    push(1);
    first.answer(ACCEPTED);
    const second = await exporter.call(2);
    await settle();
    assert.equal(done, false);
    second.answer(ACCEPTED);
    await flushed;
    assert.deepEqual(exporter.accepted, ['1', '2', '3', '4', '5']);
  });

  it('resolves at its deadline when there is no answer, and loses nothing', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(2);
    const flushed = sender.flush(1000);
    const call = await exporter.call(1);
    await pass(1000);
    await flushed;
    assert.equal(checked(sender).queued, 2);
    call.answer(ACCEPTED);
    await settle();
    assert.equal(checked(sender).exported, 2);
  });

  it('tries again until its deadline, or once when it is impatient', async () => {
    const exporter = scriptedExporter((_, number) => (number === 2 ? ACCEPTED : RETRY));
    const { sender, push } = senderOf(exporter);
    push(1);
    const patient = sender.flush(1000);
    await settle();
    await pass(250);
    await patient;
    assert.equal(exporter.accepted.length, 1);
    push(1);
    await sender.flush(1000, false);
    assert.deepEqual([exporter.calls.length, checked(sender).queued], [3, 1]);
  });

  for (const timeoutMs of [0, -1, Number.NaN]) {
    it(`resolves at the next turn for ${timeoutMs} ms`, async () => {
      const exporter = scriptedExporter();
      const { sender, push } = senderOf(exporter);
      push(1);
      const flushed = sender.flush(timeoutMs);
      await pass(0);
      await flushed;
      assert.equal(checked(sender).queued, 1);
    });
  }

  it('takes any longer time for the longest there is', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(1);
    const flushed = sender.flush(Number.POSITIVE_INFINITY);
    const call = await exporter.call(1);
    await pass(60);
    assert.equal(checked(sender).queued, 1);
    call.answer(ACCEPTED);
    await flushed;
    assert.equal(checked(sender).exported, 1);
  });

  it('may be called many times at once', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { sender, push } = senderOf(exporter);
    push(9);
    await Promise.all(Array.from({ length: 10 }, () => sender.flush(1000)));
    assert.deepEqual([exporter.accepted.length, checked(sender).exported], [9, 9]);
  });
});

describe('shutdown', () => {
  it('flushes, then closes the exporter once and counts what ends later', async () => {
    const exporter = scriptedExporter(() => ACCEPTED);
    const { sender, push } = senderOf(exporter);
    push(5);
    await sender.shutdown(1000);
    assert.deepEqual([exporter.accepted.length, exporter.shutdowns], [5, 1]);
    push(2);
    await pass(10_000);
    assert.deepEqual([checked(sender).dropped.shutdown, exporter.calls.length], [2, 2]);
  });

  it('counts what could not leave', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(6);
    const stopped = sender.shutdown(1000);
    const call = await exporter.call(1);
    await pass(1000);
    await stopped;
    assert.deepEqual([checked(sender).dropped.shutdown, checked(sender).queued], [2, 4]);
    call.answer(RETRY);
    await settle();
    assert.deepEqual([checked(sender).dropped.shutdown, checked(sender).queued], [6, 0]);
    await pass(100_000);
    assert.equal(exporter.calls.length, 1);
  });

  it('still counts an answer that comes after it', async () => {
    const exporter = scriptedExporter();
    const { sender, push } = senderOf(exporter);
    push(1);
    const stopped = sender.shutdown(10);
    const call = await exporter.call(1);
    await pass(10);
    await stopped;
    call.answer(ACCEPTED);
    await settle();
    assert.deepEqual([checked(sender).exported, checked(sender).queued], [1, 0]);
  });

  it('waits for a slow exporter to close, but no longer than it was told all in all', async () => {
    for (const closing of [() => new Promise<void>(() => {}), () => Promise.reject(new Error('no')), throwNo]) {
      const exporter = { ...scriptedExporter(), shutdown: closing };
      const { sender, push } = senderOf(exporter);
      push(1);
      let done = false;
      const stopped = sender.shutdown(1000).then(() => {
        done = true;
      });
      await settle();
      await pass(999);
      assert.equal(done, false);
      await pass(1);
      assert.equal(done, true);
      await stopped;
      checked(sender);
    }
  });
});

function throwNo(): never {
  throw new Error('no');
}

describe('the announcer', () => {
  it('says one line at the first answer, then one on each change', async () => {
    const answers = [RETRY, RETRY, ACCEPTED, ACCEPTED, REFUSED, REFUSED, RETRY, ACCEPTED];
    const exporter = scriptedExporter((_, number) => answers[number - 1], 'http://there/');
    const { sender, push, said } = senderOf(exporter);
    push(1);
    for (const _ of answers) {
      await sender.flush(1000, false); // one attempt
      push(1);
    }
    assert.deepEqual(said, [
      'cannot send spans to http://there/: down; keeping them in memory and trying again',
      'sending spans to http://there/ again; none were lost',
      'http://there/ refuses spans: bad; refused spans are dropped and counted in stats()',
      'cannot send spans to http://there/: down; keeping them in memory and trying again',
      `sending spans to http://there/ again; ${checked(sender).dropped.export} were lost meanwhile`,
    ]);
  });

  it('counts only what a failure cost as lost meanwhile', async () => {
    const answers = [{ outcome: 'accepted', rejected: 1 }, { outcome: 'accepted', rejected: 1 }, RETRY, ACCEPTED];
    const exporter = scriptedExporter((_, number) => answers[number - 1], 'there');
    const { sender, push, said } = senderOf(exporter);
    for (const _ of answers) {
      push(1);
      await sender.flush(1000, false);
    }
    assert.equal(said.at(-1), 'sending spans to there again; none were lost');
  });

  it('repeats what the other side remarks on the spans that it took', async () => {
    const message = 'the answer is not OTLP JSON';
    const exporter = scriptedExporter(() => ({ outcome: 'accepted', message }), 'there');
    const { sender, push, said } = senderOf(exporter);
    push(1);
    await sender.flush(1000);
    assert.deepEqual(said, [`sending spans to there; it answers: ${message}`]);
    assert.equal(checked(sender).lastError, message);
  });

  it('knows the destination of an exporter that is loaded with the first batch', async () => {
    const { lazyExporter } = await import('../../src/exporters/lazy.ts');
    const lazy = lazyExporter('file', async () => scriptedExporter(() => ACCEPTED, 'spans.jsonl'));
    const { sender, push, said } = senderOf(lazy);
    push(1);
    await sender.flush(1000);
    assert.deepEqual(said, ['sending spans to spans.jsonl']);
    await sender.shutdown(1000);
  });

  it('is silent about exporters without a destination', async () => {
    const { sender, push, said } = senderOf(scriptedExporter(() => ACCEPTED));
    push(1);
    await sender.flush(1000);
    assert.deepEqual(said, []);
  });
});
