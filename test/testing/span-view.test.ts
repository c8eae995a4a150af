import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { span } from 'throughline';
import { type Captured, capture, drawTree, drawWaterfall } from 'throughline/test';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { assertionOf, lines } from './messages.ts';

/** Two traces: a request with a query in it, and one that failed. */
function twoRequests(): Promise<Captured> {
  return capture(() => {
    span(
      'GET /a/:id',
      { kind: 'server', attributes: { 'http.route': '/a/:id', 'http.response.status_code': 200 } },
      () => {
        span('query', { attributes: { 'db.system.name': 'postgresql', rows: [1, 2] } }, () => {});
      },
    );
    span('GET /b', { kind: 'server', attributes: { 'http.route': '/b', 'http.response.status_code': 503 } }, (s) => {
      s.setStatus({ code: 'error' });
    });
  });
}

describe('single()', () => {
  it(
    'is the one span that matches everything that is said',
    endsClean(async () => {
      const captured = await twoRequests();
      assert.equal(captured.single({ route: '/a/:id' }).name, 'GET /a/:id');
      assert.equal(captured.single({ route: /b$/g }).name, 'GET /b');
      assert.equal(captured.single({ name: 'que*' }).name, 'query');
      assert.equal(captured.single({ name: 'GET *', status: 200 }).name, 'GET /a/:id');
      assert.equal(captured.single({ status: 'error' }).name, 'GET /b');
      assert.equal(captured.single({ kind: 'internal' }).name, 'query');
      assert.equal(captured.single({ attributes: { rows: [1, 2], 'http.route': undefined } }).name, 'query');
      assert.equal(captured.single({ attributes: { 'db.system.name': /^post/ } }).name, 'query');
      assert.equal(captured.single({ attributes: { 'http.response.status_code': '5*' } }).name, 'GET /b');
    }),
  );

  it(
    'draws what there is when no span matches',
    endsClean(async () => {
      const captured = await twoRequests();
      const { message } = assertionOf(() => captured.single({ route: '/c' }));
      assert.equal(
        message,
        lines(
          "single(): no span matches { route: '/c' }, one was expected",
          '',
          'what there is:',
          '  GET /a/:id {http.route: "/a/:id"}',
          '    query',
          '  ✗ GET /b {http.route: "/b"}',
        ),
      );
    }),
  );

  it(
    'marks those that match when they are several',
    endsClean(async () => {
      const captured = await twoRequests();
      const { message } = assertionOf(() => captured.single({ kind: 'server' }));
      assert.equal(
        message,
        lines(
          "single(): 2 spans match { kind: 'server' }, one was expected",
          '',
          'what there is:',
          '> GET /a/:id {kind: server}',
          '    query {kind: internal}',
          '> ✗ GET /b {kind: server}',
        ),
      );
    }),
  );

  it(
    'says so when nothing was captured',
    endsClean(async () => {
      const captured = await capture(() => {});
      assert.equal(
        assertionOf(() => captured.single()).message,
        lines('single(): no span matches {}, one was expected', '', 'what there is:', '  (no spans)'),
      );
    }),
  );

  it(
    'refuses a match it does not understand',
    endsClean(async () => {
      const captured = await twoRequests();
      const refused = { code: 'ERR_THROUGHLINE_OPTION' };
      assert.throws(() => captured.single({ rout: '/a' } as never), {
        ...refused,
        message: 'single(): unknown option "rout"; did you mean "route"?',
      });
      assert.throws(() => captured.all({ status: 'failed' } as never), {
        ...refused,
        message: `all(): "status" must be 'unset', 'ok', 'error' or a number, got "failed"`,
      });
      assert.throws(() => captured.find('query' as never), refused);
    }),
  );
});

describe('a captured set of spans', () => {
  it(
    'finds one or all in the order they ended',
    endsClean(async () => {
      const captured = await twoRequests();
      assert.equal(captured.find({ name: '*' })?.name, 'query');
      assert.equal(captured.find({ name: 'absent' }), undefined);
      assert.deepEqual(
        captured.all({ kind: 'server' }).map(({ name }) => name),
        ['GET /a/:id', 'GET /b'],
      );
      assert.equal(captured.all().length, 3);
    }),
  );

  it(
    'gives its traces as trees, and the one tree when there is one',
    endsClean(async () => {
      const captured = await twoRequests();
      const [first] = captured.traces();
      assert.equal(captured.tree(first?.traceId).spanCount, 2);
      assert.match(assertionOf(() => captured.tree()).message, /^tree\(\): say which of 2 traces\n\nwhat there is:\n/);
      assert.match(
        assertionOf(() => captured.tree('f'.repeat(32))).message,
        /^tree\(\): no span belongs to trace ffff/,
      );
      const empty = await capture(() => {});
      assert.match(assertionOf(() => empty.tree()).message, /^tree\(\): there is no trace/);
    }),
  );

  it(
    'is drawn with times, a trace behind the other',
    endsClean(async () => {
      const captured = await twoRequests();
      assert.equal(captured.drawn(), drawTree(captured.spans));
      assert.match(
        captured.drawn(),
        /^trace [0-9a-f]{32} · 2 spans · test\n.*\n└─ query .*\n\ntrace [0-9a-f]{32} · 1 span/,
      );
      assert.match(drawWaterfall(captured.spans), /GET \/a\/:id/);
      assert.equal(drawTree([]), '');
    }),
  );
});
