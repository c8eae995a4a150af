import { displayWidth, truncate } from './text.ts';

/** A piece of a line: sanitized text, and how to paint it once its length is settled. */
export interface Segment {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

/**
 * One line of output, never wider than `width` and without trailing spaces. Cutting comes before
 * painting, so that no colour sequence is ever cut.
 */
export function composeLine(segments: readonly Segment[], width: number): string {
  const cut = trimEnd(cutTo(segments, width));
  return cut.map(({ text, paint }) => (paint ? paint(text) : text)).join('');
}

/** The segments cut to `width` columns together, the cut shown by `…`. */
export function cutTo(segments: readonly Segment[], width: number): Segment[] {
  const kept: Segment[] = [];
  let room = Math.max(0, width);
  for (const segment of segments) {
    const text = truncate(segment.text, room);
    kept.push({ text, paint: segment.paint });
    if (text !== segment.text) break;
    room -= displayWidth(text);
  }
  return kept;
}

/** The segments in exactly `width` columns: cut, or followed by spaces. */
export function fitSegments(segments: readonly Segment[], width: number): Segment[] {
  const cut = cutTo(segments, width);
  return [...cut, { text: ' '.repeat(Math.max(0, width - segmentsWidth(cut))) }];
}

function trimEnd(segments: readonly Segment[]): Segment[] {
  const kept = [...segments];
  for (let last = kept.pop(); last; last = kept.pop()) {
    const text = last.text.trimEnd();
    if (text !== '') return [...kept, { text, paint: last.paint }];
  }
  return [];
}

/** Columns of all segments together. */
export function segmentsWidth(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + displayWidth(segment.text), 0);
}
