import type { AttributeShare } from '../analysis/what-differs.ts';
import { safe } from './label.ts';
import { composeLine, drawingWidth } from './line.ts';
import { palette } from './style.ts';
import { type Column, tableLines } from './table.ts';

/** What `drawAttributeShares` takes. */
export interface AttributeShareOptions {
  /** Columns, 40 to 300 (others are clamped). Default 100. */
  readonly width?: number | undefined;
  /** ANSI colours. Default false. */
  readonly color?: boolean | undefined;
  /** Rows at most; what is left out is counted. Default 50. */
  readonly maxRows?: number | undefined;
}

const DEFAULT_MAX_ROWS = 50;

const COLUMNS: readonly Column<AttributeShare>[] = [
  { title: 'attribute', cell: ({ key }) => safe(key) },
  { title: 'value', cell: ({ value }) => safe(value) },
  { title: 'before', numeric: true, cell: ({ rest }) => percent(rest) },
  { title: 'after', numeric: true, cell: ({ selected }) => percent(selected) },
];

/**
 * What `whatDiffers(after, before)` found, as a table: in how many spans of each side an attribute has a value. Lines
 * are separated by `\n`, none wider than `width`. Names and values are made safe to print.
 *
 *     console.log(drawAttributeShares(whatDiffers(after, before), { width: process.stdout.columns }));
 */
export function drawAttributeShares(shares: readonly AttributeShare[], options: AttributeShareOptions = {}): string {
  if (shares.length === 0) return 'No attribute value differs.';
  const width = drawingWidth(options.width);
  const paint = palette(options.color === true);
  const maxRows = Math.max(1, options.maxRows ?? DEFAULT_MAX_ROWS);
  const lines = [composeLine([{ text: 'What differs', paint: paint.bold }], width)];
  lines.push(...tableLines(COLUMNS, shares.slice(0, maxRows), width, paint));
  const more = shares.length - maxRows;
  if (more > 0) lines.push(composeLine([{ text: `… ${more.toLocaleString('en-US')} more`, paint: paint.dim }], width));
  return lines.join('\n');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
