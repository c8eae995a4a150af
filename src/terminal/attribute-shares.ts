import type { AttributeShare } from '../analysis/what-differs.ts';
import { safe } from './label.ts';
import { composeLine } from './line.ts';
import type { DrawOptions } from './options.ts';
import { pageOf, rowLimit } from './page.ts';
import { boundedTable, type Column } from './table.ts';

const DEFAULT_MAX_ROWS = 50;

const COLUMNS: readonly Column<AttributeShare>[] = [
  { title: 'attribute', cell: ({ key }) => safe(key) },
  { title: 'value', cell: ({ value }) => safe(value) },
  { title: 'before', numeric: true, cell: ({ rest }) => percent(rest) },
  { title: 'after', numeric: true, cell: ({ selected }) => percent(selected) },
];

/**
 * The shares that `whatDiffers(after, before)` found, as a table: in how many spans of each side an attribute has a value. Lines
 * are separated by `\n`, none wider than `width`. Names and values are made safe to print.
 *
 *     console.log(drawAttributeShares(whatDiffers(after, before), { width: process.stdout.columns }));
 */
export function drawAttributeShares(shares: readonly AttributeShare[], options: DrawOptions = {}): string {
  if (shares.length === 0) return 'No attribute value differs.';
  const page = pageOf(options);
  const maxRows = rowLimit(options.maxRows, DEFAULT_MAX_ROWS);
  const heading = composeLine([{ text: 'What differs', paint: page.paint.bold }], page.width);
  return [heading, ...boundedTable(COLUMNS, shares, maxRows, page)].join('\n');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
