import type { SpanRecord } from '../core/record.ts';
import { decodeTraceRequest } from '../formats/otlp-json-decode.ts';

/**
 * The spans of a file that `file({ path })`, or the OpenTelemetry file exporter, has written: OTLP JSON
 * lines, in order. A line that cannot be read (torn by a crash, no OTLP) and a span without valid ids,
 * times or name are left out; it never throws.
 *
 * @example
 * const spans = parseSpans(await readFile('spans.jsonl', 'utf8'));
 */
export function parseSpans(text: string): SpanRecord[] {
  const spans: SpanRecord[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).trim();
    if (line !== '') for (const record of decodeTraceRequest(line).records) spans.push(record);
    start = end + 1;
  }
  return spans;
}
