import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { span, start } from 'throughline';
import { memory } from 'throughline/exporters';
import { assertTree, capture, noOpenSpans } from 'throughline/test';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { assertionOf, rejectionOf } from './messages.ts';

const DURATION = String.raw`for \d+(\.\d+)? (ns|µs|ms|s)`;

describe('noOpenSpans()', () => {
  it(
    'passes when every span has ended',
    endsClean(async () => {
      const captured = await capture(() => {
        span('done', () => {});
        noOpenSpans();
      });
      noOpenSpans(captured);
    }),
  );

  it(
    'lists each open span with its age and the spans it is in, the oldest first',
    endsClean(() => {
      const captured = capture();
      const outer = span('GET /a', { parent: null });
      const middle = outer.child('load');
      const inner = middle.child('query');
      middle.end();
      const { message } = assertionOf(() => noOpenSpans());
      const expected = `^noOpenSpans\\(\\): 2 spans are open\n {2}GET /a, ${DURATION}\n {2}query, ${DURATION}, in GET /a › load$`;
      assert.match(message, new RegExp(expected));
      inner.end();
      outer.end();
      noOpenSpans(captured);
      captured.stop();
    }),
  );

  it(
    'names a span that is not recorded by its id',
    endsClean(() => {
      const captured = capture({ sample: 0 });
      const unseen = span('unseen');
      const { message } = assertionOf(() => noOpenSpans(captured));
      assert.equal(message, `noOpenSpans(): 1 span is open\n  span ${unseen.spanId}, not recorded`);
      unseen.end();
      captured.stop();
    }),
  );

  it(
    'makes hostile names safe to print',
    endsClean(() => {
      const captured = capture();
      const hostile = span('\u001b[2J\u202e');
      assert.match(assertionOf(() => noOpenSpans()).message, /\n {2}"\\u001b\[2J\\u202e", for /);
      hostile.end();
      captured.stop();
    }),
  );

  it(
    'asks the tracer of the process outside of a capture, or the one it is given',
    endsClean(async ({ watch }) => {
      const own = watch(start({ exporters: memory() }));
      const open = span('own', { parent: null });
      assert.match(assertionOf(() => noOpenSpans()).message, /1 span is open\n {2}own, for /);
      assert.match(assertionOf(() => noOpenSpans(own)).message, /1 span is open\n {2}own, for /);
      open.end();
      noOpenSpans();
      await own.shutdown();
    }),
  );
});

describe('settled()', () => {
  it(
    'resolves at once when nothing is open, and as soon as the last span ends',
    endsClean(async () => {
      const captured = capture({ sample: 0.5 });
      await captured.settled(0);
      const open = Array.from({ length: 20 }, () => captured.run(() => span('one', { parent: null })));
      const settled = captured.settled();
      for (const one of open) one.end();
      await settled;
      assert.equal(captured.stats().ended, 20);
      captured.stop();
    }),
  );

  it(
    'rejects when the time is over, naming what is open',
    endsClean(async () => {
      const captured = capture();
      const open = span('forgotten');
      const { message } = await rejectionOf(captured.settled(5));
      assert.match(message, new RegExp(`^settled\\(\\): waited 5 ms, and 1 span is open\n {2}forgotten, ${DURATION}$`));
      open.end();
      captured.stop();
    }),
  );

  it(
    'ends under fake timers too',
    endsClean(async () => {
      const captured = capture();
      const open = span('forgotten');
      mock.timers.enable({ apis: ['setTimeout'] });
      const { message } = await rejectionOf(captured.settled(5)).finally(() => mock.timers.reset());
      assert.match(message, /waited 5 ms/);
      open.end();
      captured.stop();
    }),
  );

  it(
    'is what a failed check advises when a span has not ended',
    endsClean(() => {
      const captured = capture();
      const open = span('late');
      const { message } = assertionOf(() => assertTree(captured, 'late'));
      assert.match(
        message,
        /\n\nnot seen, since it has not ended \(await settled\(\)\): 1 span is open\n {2}late, for /,
      );
      open.end();
      assertTree(captured, 'late');
      captured.stop();
    }),
  );
});
