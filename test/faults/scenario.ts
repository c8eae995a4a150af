/** Figures of one run, by name, with the unit in the name. */
export type Figures = Readonly<Record<string, number | string>>;

export interface Outcome {
  readonly figures: Figures;
  /** All that did not hold, in words. Nothing: it held. */
  readonly problems: readonly string[];
  /** Why it could not be tried on this machine. */
  readonly skipped?: string;
}

/** The amount of it: the quick part of CI, or the figures of FAULTS.md. */
export interface Extent {
  /** The whole fault at its real length. Then times are held to their bounds too; a quick run only prints them. */
  readonly isLong: boolean;
  /** 1, 2, 3. */
  readonly run: number;
}

/** One row, or a part of one, of the table of faults. */
export interface Scenario {
  readonly row: number;
  /** The harm that is done to us. */
  readonly fault: string;
  /** The promise that must hold, for the page. */
  readonly holds: string;
  run(extent: Extent): Promise<Outcome>;
}

/** A sentence when `isTrue` is not, for {@link Outcome.problems}. */
export function must(isTrue: boolean, sentence: string): string[] {
  return isTrue ? [] : [sentence];
}

/** The same for a time or a size that a busy machine may miss: held only where it is measured in earnest. */
export function mustWhenMeasured(extent: Extent, isTrue: boolean, sentence: string): string[] {
  return extent.isLong ? must(isTrue, sentence) : [];
}
