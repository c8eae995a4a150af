import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { bind, current, type Span, span } from 'throughline';
import type { SpanRecord } from 'throughline/exporters';
import { type CleanTest, endsClean } from '../contract/checks/no-leaks.ts';
import { finished, parents, throughline } from '../core/app-spans.ts';
import { runNode } from '../support/child-process.ts';

type Take = CleanTest['takeDiagnostics'];

const clean = (test: (take: Take) => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ watch, takeDiagnostics }) => {
    watch(throughline);
    await test(takeDiagnostics);
  });

describe('a scope disposed out of order', () => {
  it(
    'leads back to what is around it, and the late one changes nothing',
    clean(async (take) => {
      using outer = span('outer');
      const first = span('first');
      const second = span('second');
      first[Symbol.dispose]();
      assert.equal(current(), outer);
      span('after', () => {});
      second[Symbol.dispose]();
      assert.equal(current(), outer);
      outer.end();
      const expected = { first: 'outer', after: 'outer', second: 'first', outer: undefined };
      assert.deepEqual(await parents(), expected);
      assert.match(take().join(), /scope "first" was closed while a scope inside it was open/);
    }),
  );

  it(
    'does so across three levels, whatever the order',
    clean(async (take) => {
      const [a, b, c] = [span('a'), span('b'), span('c')];
      b.end();
      assert.equal(current(), a);
      a.end();
      assert.equal(current(), undefined);
      c.end();
      assert.equal(current(), undefined);
      assert.equal(take().length, 1, 'a had nothing open in it any more');
      await finished();
    }),
  );
});

describe('a forgotten scope', () => {
  it(
    'is left when the scope around it is',
    clean(async (take) => {
      let forgotten: Span;
      {
        using _ = span('around');
        forgotten = span('forgotten');
      }
      assert.equal(current(), undefined);
      assert.deepEqual(throughline.openSpans(), [forgotten]);
      forgotten.end();
      assert.equal(take().length, 1);
      await finished();
    }),
  );

  it(
    'does not get out of the callback form',
    clean(async () => {
      const forgotten = span('callback', () => span('forgotten'));
      assert.equal(current(), undefined);
      forgotten.end();
      assert.equal(current(), undefined);
      assert.deepEqual(await parents(), { forgotten: 'callback', callback: undefined });
    }),
  );

  it(
    'does not get out of an async callback either',
    clean(async () => {
      let forgotten: Span | undefined;
      await span('callback', async () => {
        await Promise.resolve();
        forgotten = span('forgotten');
      });
      assert.equal(current(), undefined);
      forgotten?.end();
      await finished();
    }),
  );
});

describe('a scope disposed after its parent ended', () => {
  it(
    'is recorded under that parent, and leads back past it',
    clean(async (take) => {
      using outer = span('outer');
      const parent = span('parent');
      const late = span('late');
      parent.end();
      late.end();
      assert.equal(current(), outer);
      outer.end();
      assert.deepEqual(await parents(), { parent: 'outer', late: 'parent', outer: undefined });
      assert.equal(take().length, 1);
    }),
  );

  it(
    'is recorded under a callback span that ended meanwhile',
    clean(async () => {
      const finish = new EventEmitter();
      let work: Promise<void> | undefined;
      span('request', () => {
        work = (async () => {
          using _ = span('background');
          await once(finish, 'now');
        })();
      });
      finish.emit('now');
      await work;
      assert.deepEqual(await parents(), { background: 'request', request: undefined });
    }),
  );
});

describe('a scope and what is started in it', () => {
  it(
    'reaches a timer, until it is disposed',
    clean(async () => {
      const early = span('early');
      const during = new Promise<Span | undefined>((resolve) => setTimeout(() => resolve(current()), 0));
      assert.equal(await during, early);
      const after = new Promise<Span | undefined>((resolve) => setTimeout(() => resolve(current()), 0));
      early.end();
      assert.equal(await after, undefined, 'the closed scope is skipped');
      await finished();
    }),
  );

  it(
    'is skipped in a timer for the one around it, while that is open',
    clean(async () => {
      using outer = span('outer');
      let seen: Promise<Span | undefined>;
      {
        using _ = span('inner');
        seen = new Promise((resolve) => setImmediate(() => resolve(current())));
      }
      assert.equal(await seen, outer);
      outer.end();
      await finished();
    }),
  );

  it(
    'does not reach a listener: it runs where the event is emitted, and with bind where it was added',
    clean(async () => {
      const emitter = new EventEmitter();
      const seen: (string | undefined)[] = [];
      span('adds', (adding) => {
        emitter.on('event', () => seen.push(current()?.spanId));
        emitter.on(
          'event',
          bind(() => seen.push(current()?.spanId)),
        );
        span('emits', (emitting) => {
          emitter.emit('event');
          assert.deepEqual(seen, [emitting.spanId, adding.spanId]);
        });
      });
      await finished();
    }),
  );

  it(
    'holds in a loop over a stream, and at the end of a pipeline',
    clean(async () => {
      await span('reads', async (reads) => {
        for await (const _ of Readable.from(['a', 'b'])) assert.equal(current(), reads);
        await pipeline(Readable.from(['a', 'b']), upperCase(), async (chunks) => {
          for await (const _ of chunks) assert.equal(current(), reads);
        });
        assert.equal(current(), reads);
      });
      await finished();
    }),
  );

  it(
    'holds in a stream listener with bind, whoever writes',
    clean(async () => {
      const stream = upperCase();
      const seen: (Span | undefined)[] = [];
      const reader = span('reader', (s) => {
        stream.on(
          'data',
          bind(() => seen.push(current())),
        );
        return s;
      });
      span('writer', () => stream.end('text'));
      await once(stream, 'end');
      assert.deepEqual(seen, [reader]);
      await finished();
    }),
  );

  it(
    'does not reach a worker; its context does, as a parent, and bind holds where the answer comes',
    clean(async () => {
      const { active, spans, seen, caller } = await span('caller', (s) => askWorker(s));
      assert.equal(active, undefined);
      assert.deepEqual(
        spans.map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId]),
        [['in the worker', caller.traceId, caller.spanId]],
      );
      assert.equal(seen, caller);
      await finished();
    }),
  );
});

describe('scopes of concurrent callees', () => {
  async function withScope(name: string): Promise<void> {
    using _ = span(name);
    await Promise.resolve();
  }

  it(
    'share one flow until their first await: every span ends, the scope heals, and a line says what to do',
    clean(async (take) => {
      await span('all', () => Promise.all([withScope('one'), withScope('two')]));
      assert.equal(current(), undefined);
      const { all, one, two } = await parents();
      assert.deepEqual([all, one], [undefined, 'all']);
      assert.equal(two, 'one', 'not what was meant: hence the line, and the callback form');
      assert.match(take().join(), /use span\(name, fn\) or parent\.child\(name\) for concurrent work/);
    }),
  );

  it(
    'are exact in the callback form, with wrap and with child',
    clean(async () => {
      const wrapped = span.wrap('wrapped', async () => span('in wrapped', async () => {}));
      await span('all', (all) =>
        Promise.all([
          span('one', async () => span('in one', async () => {})),
          span('two', async () => span('in two', async () => {})),
          wrapped(),
          all.child('child').end(),
        ]),
      );
      assert.deepEqual(await parents(), {
        all: undefined,
        one: 'all',
        'in one': 'one',
        two: 'all',
        'in two': 'two',
        wrapped: 'all',
        'in wrapped': 'wrapped',
        child: 'all',
      });
    }),
  );

  it(
    'are exact for scopes that open inside a callback form each',
    clean(async () => {
      await span('all', () =>
        Promise.all(['one', 'two'].map((name) => span(name, async () => withScope(`in ${name}`)))),
      );
      assert.deepEqual(await parents(), {
        all: undefined,
        one: 'all',
        'in one': 'one',
        two: 'all',
        'in two': 'two',
      });
    }),
  );
});

describe('the development warning', () => {
  const script = `
    import { span, start } from 'throughline';
    start({ exporters: 'none' });
    for (let n = 0; n < 3; n++) {
      const outer = span('outer');
      const inner = span('inner');
      outer.end();
      inner.end();
    }
  `;

  it('comes once a name', async () => {
    const { status, stderr } = await runNode(['--input-type=module', '--eval', script]);
    assert.equal(status, 0);
    assert.equal(stderr.split('\n').filter((line) => line.includes('scope "outer" was closed')).length, 1);
  });

  it('does not come with NODE_ENV=production', async () => {
    const production = `process.env.NODE_ENV = 'production';\n${script}`;
    const { status, stderr } = await runNode(['--input-type=module', '--eval', production]);
    assert.deepEqual([status, stderr], [0, '']);
  });
});

function upperCase(): Transform {
  return new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()) });
}

interface WorkerAnswer {
  readonly active: string | undefined;
  readonly spans: readonly SpanRecord[];
  readonly seen: Span | undefined;
  readonly caller: Span;
}

/** Starts a worker under `caller` and tells what it answered, and what was active when it did. */
function askWorker(caller: Span): Promise<WorkerAnswer> {
  const worker = new Worker(new URL('./span-worker.js', import.meta.url), { workerData: caller.spanContext() });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on(
      'message',
      bind((message) => resolve({ ...message, seen: current(), caller })),
    );
  });
}
