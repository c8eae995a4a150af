import { checked, flag, oneOf, type Readers, readOptions } from '../core/options/options.ts';

/** Options of every drawing. One that means nothing to a drawing is passed over. */
export interface DrawOptions {
  /** Columns, 40 to 300 (others are clamped). Default 100. */
  readonly width?: number | undefined;
  /** ANSI colours. Default false. */
  readonly color?: boolean | undefined;
  /**
   * Rows at most: span and heading lines of a trace (default 2000), places of a diff (200), findings and rows of
   * each table of a report (50), traces of a list (no limit). A last line counts what is left out.
   */
  readonly maxRows?: number | undefined;
  /** Traces only: as a waterfall with a bar for each span, or as a tree without. Default `'waterfall'`. */
  readonly as?: 'waterfall' | 'tree' | undefined;
  /**
   * Traces only: orphans that stand as roots instead of under a `missing parent` line: `'remote'` when the trace
   * is one process's part of it, and a parent elsewhere is no loss; `'all'` for any fragment. Default `'none'`.
   */
  readonly adopt?: 'none' | 'remote' | 'all' | undefined;
  /** Traces only: a remark at the end of the header line. */
  readonly remark?: string | undefined;
  /** Waterfalls only: the stretches of each bar that the trace waited for are solid, the rest is shaded. Default false. */
  readonly critical?: boolean | undefined;
  /**
   * Waterfalls only: four or more siblings of the same service, kind, name and target become one row with their
   * number, median and longest duration; what is below them is not drawn. Default false.
   */
  readonly collapse?: boolean | undefined;
}

const aNumber = checked('a number', (given): given is number => typeof given === 'number');

const READERS = {
  width: aNumber,
  color: flag,
  maxRows: aNumber,
  as: oneOf('waterfall', 'tree'),
  adopt: oneOf('none', 'remote', 'all'),
  remark: checked('a text', (given): given is string => typeof given === 'string'),
  critical: flag,
  collapse: flag,
} satisfies Readers<DrawOptions>;

/**
 * The options of the drawing `caller`.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong one
 */
export function readDrawOptions(caller: string, options: unknown): DrawOptions {
  return readOptions(caller, options, READERS);
}
