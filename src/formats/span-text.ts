import type { SpanRecord } from '../core/record.ts';
import { type FoundSpans, findSpans } from './any-spans.ts';
import { type Cutter, LineCutter, type Piece, ValueCutter } from './json-pieces.ts';

/** The spans of one piece of a text. */
export interface SpanPiece {
  readonly records: readonly SpanRecord[];
  /** The line in which it begins, from 1. */
  readonly line: number;
  /** True for a shape of spans, even with none in it. */
  readonly isSpans: boolean;
  /** False for the rest at the end of the text: perhaps it is being written. */
  readonly isEnded: boolean;
  /** The part of it that could not be read. */
  readonly problem?: string | undefined;
}

/**
 * The way a text is cut. `look`: not known yet. `lines`: each line is JSON by itself, and one that is not costs only
 * itself. `values`: objects and lists over many lines, as `jq` indents them.
 */
export type TextForm = 'look' | 'lines' | 'values';

/**
 * Reads spans from a text of any of the formats that {@link findSpans} knows, while its bytes come. What form it has
 * is seen in its first line: JSON by itself, or the beginning of a value. When it turns out otherwise, nothing was
 * given out yet, and `again` says how to read it from its beginning:
 *
 *     let form: TextForm | undefined = 'look';
 *     while (form !== undefined) {
 *       const reader = new SpanTextReader(form, toText);
 *       for (const bytes of chunks) use(reader.push(bytes));   // ends early once `again` is set
 *       use(reader.end());
 *       form = reader.again;
 *     }
 */
export class SpanTextReader {
  readonly #toText: (bytes: Uint8Array) => string;
  readonly #mayHold: (text: string) => boolean;
  readonly #cutter: Cutter;
  #form: TextForm;
  #isFirst = true;
  #again: TextForm | undefined;

  /** `mayHold`: pieces of which it says no are passed over unread, but for the first. */
  constructor(form: TextForm, toText: (bytes: Uint8Array) => string, mayHold: (text: string) => boolean = () => true) {
    this.#form = form;
    this.#toText = toText;
    this.#mayHold = mayHold;
    this.#cutter = form === 'values' ? new ValueCutter() : new LineCutter();
  }

  /** The form in which the text has to be read again, from its beginning. */
  get again(): TextForm | undefined {
    return this.#again;
  }

  push(bytes: Uint8Array): Generator<SpanPiece, void, undefined> {
    return this.#read(this.#cutter.push(bytes));
  }

  end(): Generator<SpanPiece, void, undefined> {
    return this.#read(this.#again === undefined ? this.#cutter.end() : []);
  }

  *#read(pieces: Iterable<Piece>): Generator<SpanPiece, void, undefined> {
    for (const piece of pieces) {
      const text = piece.bytes && this.#toText(piece.bytes);
      if (text !== undefined && (text.trim() === '' || !(this.#isFirst || this.#mayHold(text)))) continue;
      const found = text === undefined ? undefined : findSpans(text);
      if (this.#isFirst) this.#decide(text, found);
      if (this.#again !== undefined) return;
      yield pieceOf(piece, found);
    }
  }

  #decide(text: string | undefined, found: FoundSpans | undefined): void {
    this.#isFirst = false;
    const isJson = found !== undefined && found.kind !== 'unreadable';
    if (this.#form === 'values' && !isJson) this.#again = 'lines';
    if (this.#form !== 'look') return;
    this.#form = 'lines';
    if (!isJson && text !== undefined && /^\ufeff?\s*[[{]/.test(text)) this.#again = 'values';
  }
}

function pieceOf({ line, isEnded }: Piece, found: FoundSpans | undefined): SpanPiece {
  if (found === undefined) return { records: [], line, isSpans: false, isEnded, problem: 'longer than what is read' };
  const { records, kind, problem } = found;
  const told = kind === 'unreadable' ? `${problem}: cut short, or something else` : problem;
  return { records, line, isSpans: kind === 'spans', isEnded, ...(told !== undefined && { problem: told }) };
}
