import type { DrawOptions } from './options.ts';
import { type Palette, palette } from './style.ts';

/** The page of a drawing: its columns, and its paint. */
export interface Page {
  /** 40 to 300. */
  readonly width: number;
  readonly paint: Palette;
}

const MIN_WIDTH = 40;
const MAX_WIDTH = 300;
const DEFAULT_WIDTH = 100;

/** The page that was asked for. */
export function pageOf({ width, color }: DrawOptions): Page {
  return { width: drawingWidth(width), paint: palette(color === true) };
}

/** The columns to draw in: what was asked, from 40 to 300; 100 when nothing was. */
export function drawingWidth(asked: number | undefined): number {
  if (asked === undefined || !Number.isFinite(asked)) return DEFAULT_WIDTH;
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.floor(asked)));
}

/** The rows to draw: what was asked, at least one; `standard` when nothing was. */
export function rowLimit(asked: number | undefined, standard: number): number {
  return asked === undefined || Number.isNaN(asked) ? standard : Math.max(1, asked);
}
