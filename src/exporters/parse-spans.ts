import { gunzipSync } from 'node:zlib';
import type { SpanRecord } from '../core/record.ts';
import { SpanTextReader, type TextForm } from '../formats/span-text.ts';

/** A part of a text that could not be read. */
export interface SpanTextProblem {
  /** The line in which it begins, from 1. */
  readonly line: number;
  readonly message: string;
}

/** The spans of a text, in order, and what of it could not be read. */
export interface ParsedSpans extends Array<SpanRecord> {
  readonly problems: readonly SpanTextProblem[];
}

/**
 * The spans of a file, whatever tool has written it: OTLP JSON as documents, lines or lists (what `file({ path })` and
 * the Collector write), Jaeger's, Zipkin's and Tempo's JSON; as text, or as bytes that may be gzip. What cannot be
 * read (a line that is torn, a span without valid ids) is left out, and told in `problems`; it never throws.
 *
 * @example
 * const spans = parseSpans(await readFile('spans.jsonl'));
 * for (const { line, message } of spans.problems) console.warn(`line ${line}: ${message}`);
 */
export function parseSpans(text: string | Uint8Array): ParsedSpans {
  const spans: SpanRecord[] = [];
  const problems: SpanTextProblem[] = [];
  const bytes = unpacked(text, problems);
  for (let form: TextForm | undefined = 'look'; form !== undefined; ) {
    const reader: SpanTextReader = new SpanTextReader(form, (part) => Buffer.from(part).toString('utf8'));
    for (const piece of [...reader.push(bytes), ...reader.end()]) {
      for (const record of piece.records) spans.push(record);
      if (piece.problem !== undefined) problems.push({ line: piece.line, message: piece.problem });
    }
    form = reader.again;
  }
  // Not enumerable: the list prints, compares and becomes JSON as any other.
  return Object.defineProperty(spans, 'problems', { value: problems }) as ParsedSpans;
}

function unpacked(text: string | Uint8Array, problems: SpanTextProblem[]): Uint8Array {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    problems.push({ line: 1, message: `the gzip cannot be read: ${(error as Error).message}` });
    return new Uint8Array();
  }
}
