import { composeLine, type Segment } from './line.ts';
import type { Page } from './page.ts';
import { displayWidth, fit } from './text.ts';

const GAP = 2;

/** A text that has less room than this says nothing. */
const NARROWEST_TEXT = 10;

/** A column of a table. Cells are sanitized texts. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Numbers stand on the right and are never cut; texts share what is left. Default: a text. */
  readonly numeric?: boolean;
  /** Left out first where there is no room; 0, the default, never. */
  readonly expendable?: number;
  readonly paint?: (row: Row) => ((text: string) => string) | undefined;
}

/** A table of the first `maxRows` rows, and a line that counts the rest. */
export function boundedTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxRows: number,
  page: Page,
): string[] {
  return [...tableLines(columns, rows.slice(0, maxRows), page), ...leftOutLine(rows.length - maxRows, page)];
}

/** `… 12 more`, or nothing. */
export function leftOutLine(more: number, { width, paint }: Page): string[] {
  return more > 0 ? [composeLine([{ text: `… ${more.toLocaleString('en-US')} more`, paint: paint.dim }], width)] : [];
}

/** A table: a line of titles, then a line a row, none wider than `width`. Narrow terminals lose the most expendable columns. */
function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], { width, paint }: Page): string[] {
  const measured = columns.map((column) => ({ column, cells: rows.map(column.cell), width: 0 }));
  for (const one of measured) {
    one.width = one.cells.reduce((max, cell) => Math.max(max, displayWidth(cell)), displayWidth(one.column.title));
  }
  const shown = fitColumns(measured, width);
  const titles = shown.map(({ column, width: room }) => ({
    text: alignCell(column, column.title, room),
    paint: paint.dim,
  }));
  const lines = rows.map((row, i) =>
    shown.map(({ column, cells, width: room }) => ({
      text: alignCell(column, cells[i] ?? '', room),
      paint: column.paint?.(row),
    })),
  );
  return [titles, ...lines].map((cells) => composeLine(withGaps(cells), width));
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  width: number;
}

/** Drops and narrows columns until they fit: expendable ones first, then the widest texts. */
function fitColumns<Row>(measured: readonly Measured<Row>[], width: number): Measured<Row>[] {
  const shown = [...measured];
  while (leastWidth(shown) > width) {
    const most = Math.max(...shown.map(({ column }) => column.expendable ?? 0));
    if (most === 0) break;
    shown.splice(
      shown.findIndex(({ column }) => column.expendable === most),
      1,
    );
  }
  for (let over = totalWidth(shown) - width; over > 0; over = totalWidth(shown) - width) {
    const texts = shown.filter(({ column, width: room }) => !column.numeric && room > NARROWEST_TEXT);
    const widest = texts.reduce<Measured<Row> | undefined>((a, b) => (a && a.width >= b.width ? a : b), undefined);
    if (!widest) break;
    const next = Math.max(NARROWEST_TEXT, ...texts.filter((one) => one !== widest).map(({ width: room }) => room));
    widest.width -= Math.max(1, Math.min(over, widest.width - next));
  }
  return shown;
}

function leastWidth<Row>(columns: readonly Measured<Row>[]): number {
  return (
    columns.reduce((sum, { column, width }) => sum + (column.numeric ? width : Math.min(width, NARROWEST_TEXT)), 0) +
    gaps(columns)
  );
}

function totalWidth<Row>(columns: readonly Measured<Row>[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + gaps(columns);
}

function gaps(columns: readonly unknown[]): number {
  return GAP * Math.max(0, columns.length - 1);
}

function alignCell<Row>(column: Column<Row>, text: string, room: number): string {
  return fit(text, room, column.numeric ? 'right' : 'left');
}

/** Cells with two spaces between them. */
function withGaps(cells: readonly Segment[]): Segment[] {
  return cells.flatMap((cell, i) => (i === 0 ? [cell] : [{ text: ' '.repeat(GAP) }, cell]));
}
