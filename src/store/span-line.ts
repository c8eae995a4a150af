import type { SpanRecord } from '../core/record.ts';
import { decodeTraceRequest } from '../formats/otlp-json-decode.ts';
import type { Line } from './line-reader.ts';

/** The spans of one line of a file. */
export interface SpanLine {
  readonly spans: readonly SpanRecord[];
  /** The part that could not be read, and how to mend it. */
  readonly problem?: string | undefined;
}

const NOTHING: SpanLine = { spans: [] };

/** Reads an OTLP JSON line. Never throws: what is torn, foreign or partly wrong is told as a problem. */
export function decodeSpanLine({ text, number, isEnded }: Line): SpanLine {
  const mend = `to mend, delete the line: sed -i '${number}d' FILE`;
  if (text === undefined) return { spans: [], problem: `longer than 64 MiB and skipped; ${mend}` };
  if (text.trim() === '') return NOTHING;
  const { records, malformed, rejected, message } = decodeTraceRequest(text.replace(/^\ufeff/, ''));
  if (malformed) {
    // The last line may be one that is being written.
    if (!isEnded) return NOTHING;
    return { spans: [], problem: `skipped, ${message ?? 'unreadable'}: cut short or foreign; ${mend}` };
  }
  if (rejected > 0) return { spans: records, problem: `${message}; the other ${records.length} spans were read` };
  if (records.length === 0 && !text.includes('"resourceSpans"')) {
    return { spans: [], problem: `skipped, no OTLP trace data${foreignKind(text)}; ${mend}` };
  }
  return { spans: records };
}

/** The OpenTelemetry Collector writes all signals in the same form, often into one file. */
function foreignKind(text: string): string {
  if (text.includes('"resourceLogs"')) return ' but logs (give traces a file of their own)';
  return text.includes('"resourceMetrics"') ? ' but metrics (give traces a file of their own)' : '';
}
