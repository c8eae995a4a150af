import { type SpanPiece, SpanTextReader, type TextForm } from '../formats/span-text.ts';
import { textOfBytes } from './line-reader.ts';
import type { SpanBytes } from './span-files.ts';
import { storeError } from './store-error.ts';

/** The pieces of some bytes, whatever format they are in. With a trace id, pieces without it may be left out. */
export async function* readSpans(
  source: SpanBytes,
  signal?: AbortSignal,
  traceId?: string,
): AsyncGenerator<SpanPiece, void, undefined> {
  const mayHold = traceId === undefined ? undefined : mayHoldTrace(traceId);
  for (let form: TextForm | undefined = 'look'; form !== undefined; ) {
    const reader: SpanTextReader = new SpanTextReader(form, textOfBytes, mayHold);
    for await (const bytes of source.bytes()) {
      signal?.throwIfAborted();
      yield* reader.push(bytes);
      if (reader.again !== undefined) break;
    }
    yield* reader.end();
    form = reader.again;
  }
}

/** An id stands in a text in hex, short where it begins with zeros, or in base64. */
function mayHoldTrace(traceId: string): (text: string) => boolean {
  const short = traceId.replace(/^0{16}/, '').replace(/^0+/, '');
  const base64 = Buffer.from(traceId, 'hex').toString('base64');
  return (text) => text.toLowerCase().includes(short) || text.includes(base64);
}

/** The beginning of a line that a service is writing as its first. */
const FIRST_LINE = '{"resourceSpans":[';

/**
 * Makes sure that there is a span to be read, or nothing at all; on what can be read it looks no further than that.
 *
 * @throws StoreError saying what it holds instead
 */
export async function checkSpans(sources: readonly SpanBytes[], signal?: AbortSignal): Promise<void> {
  let fault: string | undefined;
  for (const source of sources) {
    for await (const { records, line, problem, isSpans, isEnded } of readSpans(source, signal)) {
      if (records.length > 0) return;
      if (problem === undefined || (!isSpans && !isEnded && (await isFirstLine(source)))) continue;
      fault ??= `${source.path} holds no spans that can be read: ${line > 1 ? `line ${line}: ` : ''}${problem}`;
    }
  }
  if (fault !== undefined) throw storeError(fault);
}

async function isFirstLine(source: SpanBytes): Promise<boolean> {
  for await (const bytes of source.bytes()) {
    const start = textOfBytes(bytes.subarray(0, FIRST_LINE.length));
    return FIRST_LINE.startsWith(start);
  }
  return true;
}
