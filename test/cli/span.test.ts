import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { record } from '../analysis/records.ts';
import { flawsOf, HOSTILE } from '../terminal/drawings.ts';
import { call, folderWith } from './call.ts';

const STACK = 'Error: no database\n    at load (/srv/cart.js:12:9)\n    at handler (/srv/app.js:3:1)';
const FAVICON = 'd4'.repeat(16);

/** A cart that fails for want of a database, and a path that nobody serves. */
const SPANS = [
  record({
    id: 1,
    name: 'GET /cart/:id',
    kind: 'server',
    took: 80,
    failed: true,
    tags: { 'http.route': '/cart/:id', 'http.response.status_code': 500, 'url.path': '/cart/7' },
    events: [
      {
        name: 'exception',
        timeMs: 1_800_000_000_070,
        attributes: { 'exception.type': 'Error', 'exception.message': 'no database', 'exception.stacktrace': STACK },
      },
    ],
  }),
  record({ id: 2, parent: 1, at: 10, took: 20, name: 'SELECT cart', kind: 'client', tags: { 'db.system.name': 'pg' } }),
  record({
    id: 3,
    traceId: FAVICON,
    at: -1000,
    name: 'GET',
    kind: 'server',
    tags: { 'http.request.method': 'GET', 'http.response.status_code': 404, 'url.path': '/favicon.ico' },
  }),
];

describe('a span', () => {
  it('is shown whole by its row, or its id: attributes, events, the stack, resource and scope', async (t) => {
    const cwd = await folderWith(t, SPANS);
    for (const word of ['1', '0000000000000001']) {
      const { status, out } = await call(['show', 'last', '--span', word], { cwd, width: 100 });
      assert.equal(status, 0);
      assert.match(out, /^1\. GET \/cart\/:id {2}shop · server · 80\.0 ms\n/);
      assert.match(out, /\n {3}url\.path +\/cart\/7\n/);
      assert.match(out, /\n {3}status +failed 500: no database\n/);
      assert.match(out, /\n {3}event 70\.0 ms +exception\n/);
      assert.match(out, /at load \(\/srv\/cart\.js:12:9\)/);
      assert.match(out, /\n {3}resource service\.name +shop\n/);
      assert.match(out, /\n {3}scope +test\n/);
      assert.doesNotMatch(out, /SELECT/);
    }
    const json = JSON.parse((await call(['show', 'last', '--span', '2', '--json'], { cwd })).out);
    assert.equal(json.name, 'SELECT cart');
  });

  it('is shown with all others by --details, below the waterfall', async (t) => {
    const cwd = await folderWith(t, SPANS);
    const { out } = await call(['show', 'last', '--details'], { cwd });
    assert.match(out, /^GET \/cart\/:id · 80\.0 ms/);
    assert.match(out, /\n1\. GET \/cart\/:id {2}shop[\s\S]*\n2\. SELECT cart {2}shop · client · 20\.0 ms\n/);
  });

  it('that is not there, or not named well enough, is said', async (t) => {
    const cwd = await folderWith(t, SPANS);
    const missing = await call(['show', 'last', '--span', '9'], { cwd });
    assert.deepEqual([missing.status, /no span "9".*2 spans/.test(missing.err)], [1, true]);
    assert.equal((await call(['show', 'last', '--span', '0000'], { cwd })).status, 2);
  });

  it('is drawn in any width without what a terminal obeys', async (t) => {
    const spans = HOSTILE.map((text, i) =>
      record({
        id: i + 1,
        parent: i || undefined,
        name: text,
        service: text,
        failed: true,
        tags: { [text || 'x']: text },
      }),
    );
    const cwd = await folderWith(t, spans);
    for (const width of [40, 80, 200]) {
      const { out } = await call(['show', 'last', '--details'], { cwd, width });
      assert.deepEqual(flawsOf(out.trimEnd(), width), []);
    }
  });
});

describe('why a request failed', () => {
  it('stands in every waterfall, in the list, and in its JSON', async (t) => {
    const cwd = await folderWith(t, SPANS);
    assert.match((await call(['show', 'last'], { cwd })).out, /✗ 500 no database/);
    assert.match((await call(['show', 'last'], { cwd, width: 80 })).out, /✗ 500 no datab/);
    const { out } = await call(['ls'], { cwd, width: 120 });
    assert.match(out, /GET \/cart\/:id +500 .* no database\n/);
    assert.match(out, /GET \(no route\) \/favicon\.ico +404 /);
    const { traces } = JSON.parse((await call(['ls', '--json'], { cwd })).out);
    assert.deepEqual(
      traces.map(({ rootStatus, rootPath, message }: Record<string, unknown>) => [rootStatus, rootPath, message]),
      [
        [500, undefined, 'no database'],
        [404, '/favicon.ico', undefined],
      ],
    );
  });

  it('is not said twice', async (t) => {
    const [root] = SPANS;
    assert.ok(root);
    const told = {
      ...root,
      events: [],
      status: { code: 'error', message: 'Request failed with status code 500' },
    } as const;
    const cwd = await folderWith(t, [told]);
    assert.doesNotMatch((await call(['show', 'last'], { cwd })).out, /Request failed/);
  });
});

describe('traces', () => {
  it('are found by status, its class, and route', async (t) => {
    const cwd = await folderWith(t, SPANS);
    const found = async (...filter: string[]) =>
      JSON.parse((await call(['ls', '--json', ...filter], { cwd })).out).traces.map(
        ({ rootName }: { rootName: string }) => rootName,
      );
    assert.deepEqual(await found('--status', '404'), ['GET']);
    assert.deepEqual(await found('--status', '5xx'), ['GET /cart/:id']);
    assert.deepEqual(await found('--status', '200'), []);
    assert.deepEqual(await found('--route', '/cart/:id'), ['GET /cart/:id']);
    assert.match(
      (await call(['ls', '--status', 'bad'], { cwd })).err,
      /--status must be an HTTP status such as 404 or 5xx/,
    );
  });

  it('of 64-bit ids are told apart in lists, and found by the digits that others show', async (t) => {
    const ids = ['174d3a708f62ad84', '174d3a708f62ad85'].map((id) => id.padStart(32, '0'));
    const cwd = await folderWith(
      t,
      ids.map((traceId, i) => record({ id: i + 1, traceId, at: i })),
    );
    const { out } = await call(['ls'], { cwd });
    assert.equal(out.match(/^174d3a708f62 /gm)?.length, 2);
    assert.equal((await call(['show', '174d3a708f62ad84'], { cwd })).status, 0);
    assert.equal((await call(['show', '174d3a708f62ad'], { cwd })).status, 2);
  });

  it('without a root are named by the first span whose parent has not come', async (t) => {
    const cwd = await folderWith(t, [
      record({ id: 3, parent: 2, at: 5, name: 'POST /pay', service: 'pay', kind: 'server' }),
      record({ id: 2, parent: 1, at: 10, took: 50, name: 'POST /checkout', kind: 'server' }),
    ]);
    assert.match((await call(['ls'], { cwd })).out, /shop +POST \/checkout/);
  });

  it('begin with the first span that has a start', async (t) => {
    const cwd = await folderWith(t, [
      record({ id: 1, took: 30 }),
      record({ id: 2, parent: 1, startTimeMs: 0, took: 0 }),
    ]);
    const [trace] = JSON.parse((await call(['ls', '--json'], { cwd })).out).traces;
    assert.deepEqual([trace.startTimeMs, trace.durationMs], [1_800_000_000_000, 30]);
  });
});
