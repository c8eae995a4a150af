import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type SpanRecord, type StartOptions, start, type Throughline } from 'throughline';
import { memory } from 'throughline/exporters';
import { assertClientConventions } from '../checks/http-conventions.ts';
import { endsClean } from '../checks/no-leaks.ts';

/** One tracer a file: a second `start()` would replace the first, and say so. Started by the first test, after its clients were made. */
const exporter = memory();
let tracer: Throughline | undefined;
let options: Omit<StartOptions, 'service' | 'exporters'> = {};

/** The options that the tracer of this file is started with beside. */
export function startWith(given: typeof options): void {
  options = given;
}

/** `it`, ending clean: every span that was started has ended, once, the books balance, and each CLIENT span keeps to the conventions. */
export function clientTest(claim: string, test: () => Promise<void>): void {
  it(
    claim,
    endsClean(async ({ watch }) => {
      tracer ??= start({ ...options, service: 'caller', exporters: exporter });
      watch(tracer);
      exporter.reset();
      await test();
      await tracer.flush();
      const ids = exporter.spans.map(({ spanId }) => spanId);
      assert.equal(new Set(ids).size, ids.length, 'every span ends once');
      exporter.spans.forEach(assertClientConventions);
    }),
  );
}

/** The spans that the test has made so far, in the order in which they ended. */
export async function spansSoFar(): Promise<readonly SpanRecord[]> {
  await tracer?.flush();
  return exporter.spans;
}

/** The CLIENT spans so far, in the order in which they started. */
export async function clientSpans(): Promise<SpanRecord[]> {
  const spans = (await spansSoFar()).filter(({ kind }) => kind === 'client');
  return spans.sort((a, b) => a.startTimeMs - b.startTimeMs);
}

/** The one CLIENT span so far. */
export async function clientSpan(): Promise<SpanRecord> {
  const [span, ...others] = await clientSpans();
  assert.ok(span !== undefined, 'a CLIENT span ended');
  assert.deepEqual(others, []);
  return span;
}

/** The traceparent that a call of this span sends. */
export function traceparentOf({ traceId, spanId, flags }: SpanRecord): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}
