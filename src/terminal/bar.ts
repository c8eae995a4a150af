/** Left blocks by eighths of a cell: index 3 fills three eighths from the left. */
const LEFT_BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/** A span that took no time. */
const POINT = '•';

/**
 * A bar on an axis of `cells` columns, padded to all of them. `start` and `end` are fractions of the
 * axis. Ends are exact to an eighth of a cell; starts, for which there are fewer blocks, to about a quarter.
 *
 *     drawBar(0.1, 0.55, 10)   // ' ████▌    '
 */
export function drawBar(start: number, end: number, cells: number): string {
  const from = Math.min(toEighths(start, cells), cells * 8 - 1);
  const to = Math.max(toEighths(end, cells), from + 1);
  const bar = end > start ? blocks(from, to) : POINT;
  return `${' '.repeat(from >> 3)}${bar}`.padEnd(cells);
}

function toEighths(fraction: number, cells: number): number {
  return Number.isFinite(fraction) ? Math.round(Math.min(1, Math.max(0, fraction)) * cells * 8) : 0;
}

function blocks(from: number, to: number): string {
  const firstCell = from >> 3;
  const lastCell = (to - 1) >> 3;
  if (firstCell === lastCell) return withinCell(from & 7, to - from);
  const full = '█'.repeat(lastCell - firstCell - 1);
  return `${startBlock(from & 7)}${full}${LEFT_BLOCKS[to - lastCell * 8]}`;
}

function withinCell(offset: number, length: number): string {
  if (offset < 4) return LEFT_BLOCKS[length] ?? '█';
  return length > 1 ? '▐' : '▕';
}

/** Only half a cell and an eighth exist on the right side. */
function startBlock(offset: number): string {
  if (offset < 2) return '█';
  return offset < 6 ? '▐' : '▕';
}
