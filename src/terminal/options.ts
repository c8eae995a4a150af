/** What `drawTree` and `drawWaterfall` take. */
export interface DrawOptions {
  /** Columns, 40 to 300 (others are clamped). Default 100. */
  readonly width?: number | undefined;
  /** ANSI colours. Default false. */
  readonly color?: boolean | undefined;
  /** Span and heading lines at most; what is left out is counted in a last line. Default 2000. */
  readonly maxLines?: number | undefined;
  /**
   * Which orphans stand as roots instead of under a `missing parent` line: `'remote'` when the trace
   * is one process's part of it, and a parent elsewhere is no loss; `'all'` for any fragment.
   */
  readonly adopt?: 'none' | 'remote' | 'all' | undefined;
  /** A remark at the end of the header line. */
  readonly remark?: string | undefined;
  /**
   * Waterfalls only: the stretches of each bar that the trace waited for are solid, the rest is shaded.
   * Default false.
   */
  readonly critical?: boolean | undefined;
  /**
   * Waterfalls only: four or more siblings of the same service, kind, name and target become one row with their
   * number, median and longest duration; what is below them is not drawn. Default false.
   */
  readonly collapse?: boolean | undefined;
}
