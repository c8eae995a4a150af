import type { Response } from 'supertest';
import request from 'supertest';
import { start } from 'throughline';
import { assertTree, type Captured, capture, noOpenSpans, type SpanView, withTrace } from 'throughline/test';

const entered: Captured = capture();
const withOptions: Captured = capture({
  service: 'shop',
  sample: 0.5,
  propagators: ['tracecontext'],
  limits: { events: 1 },
});
const run: Promise<Captured> = capture(async (captured) => captured.settled());
const runWithOptions: Promise<Captured> = capture({ service: 'shop' }, () => 7);
const traced: Promise<{ response: Response; trace: SpanView }> = withTrace(request('http://127.0.0.1').get('/'));
export const results: readonly unknown[] = [withOptions, run, runWithOptions, traced];

assertTree(entered, 'a', { ordered: true });
assertTree(entered.spans, 'a');
assertTree(entered.tree(), 'a');
noOpenSpans();
noOpenSpans(entered);
noOpenSpans(start());

// @ts-expect-error: spans stay in memory, there is nowhere to send them
capture({ exporters: 'otlp' });
// @ts-expect-error: the status of a span has three values
entered.single({ status: 'failed' });
// @ts-expect-error: a fetch is sent before it could be given a header
withTrace(fetch('http://127.0.0.1'));
