import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Span, span, tracing } from 'throughline';
import { capture } from 'throughline/test';

test('tracing.metaTag() is the active context as an element', async () => {
  await capture(() => {
    span('page', (s) => {
      assert.equal(tracing.metaTag(), `<meta name="traceparent" content="00-${s.traceId}-${s.spanId}-01">`);
    });
  });
});

test('tracing.metaTag() is empty where nothing is active', () => {
  assert.equal(tracing.metaTag(), '');
});

test('tracing.metaTag() of a span of another make, with hostile ids, writes no markup', async () => {
  const hostile = { traceId: '"><script>', spanId: '"><script>', traceFlags: 1 };
  await capture(() => {
    span('page', { parent: hostile } as object, (s: Span) => {
      assert.equal(tracing.metaTag(), `<meta name="traceparent" content="00-${s.traceId}-${s.spanId}-01">`);
    });
  });
});
