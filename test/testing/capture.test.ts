import assert from 'node:assert/strict';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { current, span, start, tracing } from 'throughline';
import { memory } from 'throughline/exporters';
import { inject } from 'throughline/propagation';
import { type Captured, capture } from 'throughline/test';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';

/** The process's own tracer, which no capture may touch. */
const exporter = memory();
const own = start({ exporters: exporter });

/** The spans that arrived there since the last call. */
async function ownSpans(): Promise<string[]> {
  await own.flush();
  const arrived = exporter.spans.map(({ name }) => name);
  exporter.reset();
  return arrived;
}

function names(captured: Captured): string[] {
  return captured.spans.map(({ name }) => name);
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

function request(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

describe('capture(fn)', () => {
  it(
    'hands back the spans of what the function ran',
    endsClean(async () => {
      const captured = await capture(async () => {
        await span('outer', async () => {
          await turn();
          span('inner', () => {});
        });
      });
      assert.deepEqual(names(captured), ['inner', 'outer']);
      assert.equal(captured.tree().roots[0]?.children[0]?.span.name, 'inner');
      assert.equal(captured.spans[0]?.resource.attributes['service.name'], 'test');
    }),
  );

  it(
    'shows a span as soon as it has ended, without a wait',
    endsClean(async () => {
      await capture((captured) => {
        span('now', () => {});
        assert.deepEqual(names(captured), ['now']);
        assertCounterLaw(captured.stats());
        assert.equal(captured.stats().exported, 1);
      });
    }),
  );

  it(
    'waits for spans that end after the function',
    endsClean(async () => {
      const captured = await capture(() => {
        void span('background', turn);
      });
      assert.deepEqual(names(captured), ['background']);
    }),
  );

  it(
    'rejects with what the function throws, the same object',
    endsClean(async () => {
      const error = new Error('mine');
      await assert.rejects(
        capture(() => span('fails', () => assert.fail(error))),
        (thrown) => thrown === error,
      );
    }),
  );

  it(
    'starts with nothing active, and leaves what was',
    endsClean(async () => {
      const captured = await capture(async (outer) => {
        await span('outside', async (active) => {
          const inner = await capture(() => {
            assert.equal(current(), undefined);
            span('inside', () => {});
          });
          assert.equal(current(), active);
          assert.deepEqual(names(inner), ['inside']);
          assert.equal(inner.spans[0]?.parentSpanId, undefined);
        });
        assert.deepEqual(names(outer), ['outside']);
      });
      assert.equal(captured.stats().started, 1);
    }),
  );

  it(
    'leaves the tracer of the process untouched',
    endsClean(async ({ watch }) => {
      watch(own);
      const captured = await capture(() => span('captured', () => {}));
      span('own', () => {});
      assert.deepEqual(names(captured), ['captured']);
      assert.deepEqual(await ownSpans(), ['own']);
    }),
  );

  it(
    'takes the options of start() that mean something here, and not the environment',
    endsClean(async () => {
      process.env.OTEL_SDK_DISABLED = 'true';
      process.env.OTEL_SERVICE_NAME = 'elsewhere';
      try {
        const captured = await capture({ service: 'shop', limits: { attributes: 1 }, propagators: [] }, () => {
          span('a', (active) => {
            active.tag('kept', 1).tag('over', 2);
            assert.deepEqual(inject({}), {});
          });
        });
        assert.equal(captured.spans[0]?.resource.attributes['service.name'], 'shop');
        assert.deepEqual(captured.spans[0]?.attributes, { kept: 1 });
      } finally {
        delete process.env.OTEL_SDK_DISABLED;
        delete process.env.OTEL_SERVICE_NAME;
      }
    }),
  );

  it(
    'notes where spans were started, where that is asked',
    endsClean(async () => {
      const captured = await capture({ location: true }, () => span('here', () => {}));
      assert.match(String(captured.single().attributes['code.file.path']), /capture\.test\.[jt]s$/);
    }),
  );

  it(
    'counts what it does not record',
    endsClean(async () => {
      const captured = await capture({ sample: 0 }, () => span('unseen', () => {}));
      assert.deepEqual(captured.spans, []);
      assert.equal(captured.stats().sampledOut, 1);
      assertCounterLaw(captured.stats());
    }),
  );

  it('refuses wrong options in its own name', () => {
    assert.throws(() => capture({ sampel: 1 } as never), {
      code: 'ERR_THROUGHLINE_OPTION',
      message: 'capture(): unknown option "sampel"; did you mean "sample"?',
    });
    assert.throws(() => capture({ sample: 2 }), {
      message: /^capture\(\): "sample" must be a number from 0 to 1 or a list of rules, got 2$/,
    });
    assert.throws(() => capture(7 as never), {
      message: /^capture\(\): expected an object of options or a function, got 7$/,
    });
    assert.throws(() => capture({}, 7 as never), { message: /^capture\(\): expected a function to run, got 7$/ });
  });
});

describe('capture()', () => {
  it(
    'begins where it is called and ends with stop()',
    endsClean(async () => {
      const captured = capture();
      span('before', () => {});
      await turn();
      await span('after', turn);
      captured.stop();
      captured.stop();
      assert.deepEqual(names(captured), ['before', 'after']);
      const other = await capture(() => span('other', () => {}));
      assert.deepEqual(names(other), ['other']);
      assert.deepEqual(names(captured), ['before', 'after']);
    }),
  );

  it(
    'ends when it is disposed, and the capture around it goes on',
    endsClean(async () => {
      const outer = capture();
      {
        const inner = capture();
        await turn();
        span('inner', () => {});
        inner[Symbol.dispose]();
        assert.deepEqual(names(inner), ['inner']);
      }
      await turn();
      span('outer', () => {});
      outer.stop();
      assert.deepEqual(names(outer), ['outer']);
    }),
  );

  it(
    'ends with the one around it when nobody stopped it',
    endsClean(async ({ watch }) => {
      watch(own);
      const outer = capture();
      const forgotten = capture();
      span('inner', () => {});
      outer.stop();
      span('own', () => {});
      forgotten.stop();
      assert.deepEqual([names(outer), names(forgotten)], [[], ['inner']]);
      assert.deepEqual(await ownSpans(), ['own']);
    }),
  );

  it(
    'is entered again by run(), from outside',
    endsClean(async () => {
      const captured = capture();
      captured.stop();
      const answer = captured.run(() => span('again', () => 42));
      assert.equal(answer, 42);
      assert.deepEqual(names(captured), ['again']);
    }),
  );
});

describe('captures at the same time', () => {
  /** Opens spans of every form, with awaits between, all named after their capture. */
  async function work(id: number): Promise<void> {
    await span(`${id} a`, async (a) => {
      for (let step = 0; step < 1 + (id % 5); step++) await turn();
      await Promise.all([
        span(`${id} b`, async () => {
          await turn();
          span(`${id} c`, () => {});
        }),
        new Promise<void>((resolve) => setTimeout(resolve, id % 3)).then(() => span(`${id} d`, turn)),
      ]);
      a.child(`${id} e`).end();
      const scope = span(`${id} f`);
      await turn();
      span(`${id} g`, () => {});
      scope.end();
    });
  }

  function assertUnmixed(captured: Captured, id: number): void {
    assert.deepEqual(
      names(captured).sort(),
      [...'abcdefg'].map((letter) => `${id} ${letter}`),
    );
    const tree = captured.tree();
    assert.equal(tree.spanCount, 7);
    assert.deepEqual(tree.orphans, []);
    assertCounterLaw(captured.stats());
  }

  it(
    'never mix, 50 functions side by side',
    endsClean(async () => {
      const all = await Promise.all(Array.from({ length: 50 }, (_, id) => capture(() => work(id))));
      all.forEach(assertUnmixed);
    }),
  );

  it(
    'never mix, 50 flows that each enter their own and stop it when they like',
    endsClean(async () => {
      async function flow(id: number): Promise<void> {
        const captured = capture();
        await work(id);
        captured.stop();
        assertUnmixed(captured, id);
      }
      await Promise.all(Array.from({ length: 50 }, (_, id) => flow(id)));
    }),
  );
});

describe('a server', () => {
  const listener = tracing.handler((_req, res) => {
    span('work', () => {});
    res.end('ok');
  });

  it(
    'that began to listen inside belongs to the capture, for every request',
    endsClean(async () => {
      const server = createServer(listener);
      const captured = await capture(async () => {
        const url = await listen(server);
        await request(url);
        await request(url);
      });
      await captured.run(() => request(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
      await captured.settled();
      await new Promise((resolve) => server.close(resolve));
      assert.equal(captured.all({ name: 'GET', kind: 'server' }).length, 3);
      assert.equal(captured.all({ name: 'work' }).length, 3);
    }),
  );

  it(
    'belongs to that capture whoever asks it, in or outside of another one',
    endsClean(async () => {
      const server = createServer(listener);
      let url = '';
      const captured = await capture(async () => {
        url = await listen(server);
      });
      const other = await capture(() => request(url));
      await request(url);
      await captured.settled();
      await new Promise((resolve) => server.close(resolve));
      assert.deepEqual(other.spans, []);
      assert.equal(captured.all({ kind: 'server' }).length, 2);
    }),
  );

  it(
    'answers outside again when the capture it belongs to was stopped',
    endsClean(async ({ watch }) => {
      watch(own);
      const server = createServer(listener);
      const captured = capture();
      const url = await listen(server);
      await request(url);
      await captured.settled();
      captured.stop();
      await request(url);
      await new Promise((resolve) => server.close(resolve));
      assert.equal(captured.all({ kind: 'server' }).length, 1);
      assert.deepEqual(await ownSpans(), ['work', 'GET']);
    }),
  );

  it(
    'that listened before answers outside, with the tracer of the process',
    endsClean(async ({ watch }) => {
      watch(own);
      const server = createServer(listener);
      const url = await listen(server);
      const captured = await capture(() => request(url));
      await new Promise((resolve) => server.close(resolve));
      assert.deepEqual(captured.spans, []);
      assert.deepEqual(await ownSpans(), ['work', 'GET']);
    }),
  );
});
