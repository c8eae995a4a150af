// Traces on the terminal.
import { setTimeout } from 'node:timers/promises';
import { styleText } from 'node:util';
import { criticalOperations, report, type TraceTree } from 'throughline/analysis';
import type { SpanStore } from 'throughline/store';
import { type Collector, drawReport, drawWaterfall, type SpanRecord } from 'throughline/test';

const isColored = process.stdout.isTTY === true && process.stdout.hasColors(); // knows NO_COLOR

export function printTrace(title: string, spans: readonly SpanRecord[]): void {
  console.log(isColored ? styleText('inverse', ` ${title} `) : `── ${title}`);
  console.log(`${drawWaterfall(spans, { width: process.stdout.columns, color: isColored })}\n`);
}

/** Findings, and rows of each table, at most. */
const MAX_ROWS = 12;

/** Prints what all traces together say: what was slow, what failed, and why. */
export function printReport(traces: readonly TraceTree[]): void {
  const width = process.stdout.columns;
  const critical = criticalOperations(traces);
  console.log(`${drawReport(report(traces), { width, color: isColored, maxRows: MAX_ROWS, critical })}\n`);
}

/** A trace has no end mark: one that has grown no more for this long is taken as done. */
const QUIET_MS = 500;
const FOREVER_MS = 2 ** 31 - 1;

/** Prints and keeps whatever arrives from now on. Ends when the collector is closed. */
export async function printTracesAsTheyCome(backend: Collector, store: SpanStore): Promise<void> {
  for (;;) {
    backend.reset();
    await backend.waitForSpans(1, FOREVER_MS);
    let before: number;
    do {
      before = backend.spans.length;
      await setTimeout(QUIET_MS);
    } while (backend.spans.length > before);
    for (const spans of backend.traces().values()) printTrace(titleOf(spans), spans);
    await store.append(backend.spans);
  }
}

function titleOf(spans: readonly SpanRecord[]): string {
  const root = spans.find((span) => span.parentSpanId === undefined)?.attributes;
  return root === undefined ? 'a trace without its beginning' : `${root['http.request.method']} ${root['url.path']}`;
}
