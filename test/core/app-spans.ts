import assert from 'node:assert/strict';
import { start, type Throughline } from 'throughline';
import { memory, type SpanRecord } from 'throughline/exporters';

const exporter = memory();

/** The tracer of this test file, as an app would start it. */
export const throughline: Throughline = start({
  service: 'test',
  exporters: exporter,
  limits: { queueBytes: 2 ** 28 },
});

/** The spans that have ended since the last call, in the order in which they ended. */
export async function finished(): Promise<readonly SpanRecord[]> {
  await throughline.flush();
  const { spans } = exporter;
  exporter.reset();
  return spans;
}

/** The only span that has ended since the last call. */
export async function onlySpan(): Promise<SpanRecord> {
  const [only, ...more] = await finished();
  assert.ok(only !== undefined && more.length === 0, `expected one span, got ${more.length + (only ? 1 : 0)}`);
  return only;
}

/** The name of each span with that of its parent (`undefined`: a root), by name: names must differ. */
export async function parents(): Promise<Record<string, string | undefined>> {
  const spans = await finished();
  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  const pairs = spans.map(({ name, parentSpanId }) => [name, parentSpanId && (names.get(parentSpanId) ?? 'unknown')]);
  assert.equal(new Set(spans.map(({ name }) => name)).size, spans.length, 'names differ');
  return Object.fromEntries(pairs);
}
