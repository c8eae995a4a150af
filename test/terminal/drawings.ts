import fc from 'fast-check';
import type { SpanRecord } from '../../src/core/record.ts';
import { displayWidth } from '../../src/terminal/text.ts';
import { type RecordOptions, record } from '../analysis/records.ts';

const ESCAPE = String.fromCharCode(27);
const SGR = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

/** A drawing without its colours. */
export function uncoloured(drawing: string): string {
  return drawing.replaceAll(SGR, '');
}

/** The flaws of a drawing, or nothing: too wide, trailing spaces, something a terminal would act on. */
export function flawsOf(drawing: string, width: number): string[] {
  return uncoloured(drawing)
    .split('\n')
    .filter((line) => displayWidth(line) > width || line !== line.trimEnd() || /[\p{C}\p{Zl}\p{Zp}]/u.test(line));
}

/** Span names, services and messages that try to break the drawing. */
export const HOSTILE: readonly string[] = [
  `${ESCAPE}[2J${ESCAPE}]0;title${String.fromCharCode(7)}`,
  'line\nbreak\r\ntwo',
  'left\u202etfel',
  '注文の確認'.repeat(8),
  '👨\u200d👩\u200d👧 🏽🏽 ❤\ufe0f',
  `z${'\u0301'.repeat(300)}`,
  '\u0301',
  '',
  '   ',
  'x'.repeat(100_000),
  '\ud800\udfff\ud800',
];

const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 40 }));

/** Small traces of every kind: any parents, kinds, times, names, failures. */
export const anySpans: fc.Arbitrary<SpanRecord[]> = fc
  .array(
    fc.record(
      {
        parent: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        name: text,
        service: text,
        at: fc.oneof(fc.integer({ min: -50, max: 2000 }), fc.double({ min: 0, max: 1e9, noNaN: true })),
        took: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e8, noNaN: true }), fc.constant(Number.NaN)),
        kind: fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'),
        parentIsRemote: fc.boolean(),
        failed: fc.boolean(),
        tags: fc.record(
          {
            'http.response.status_code': fc.constantFrom(200, 404, 503, Number.NaN),
            'http.request.resend_count': fc.integer({ min: 0, max: 12 }),
            'error.type': text,
            'server.address': text,
            'server.port': fc.integer(),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 25 },
  )
  .map((list) => list.map((options, i) => record({ id: i + 1, ...(options as Partial<RecordOptions>) })));
