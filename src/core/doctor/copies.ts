import { version } from '../version.ts';

/** One loaded copy of the package. */
export interface Copy {
  readonly version: string;
  /** Where it was loaded from. */
  readonly url: string;
}

/** Shared by all copies in the process, whatever their version: they can find each other by nothing else. */
const COPIES = Symbol.for('throughline.copies');

/** A hundred are loaded only by a test runner that loads modules over and over. */
const REMEMBERED = 100;

interface Registry {
  [COPIES]?: Copy[];
}

/** Told once by each copy as it is loaded. */
export function noteCopy(url: string): void {
  const registry = globalThis as Registry;
  registry[COPIES] ??= [];
  if (registry[COPIES].length < REMEMBERED) registry[COPIES].push({ version, url });
}

/** Every copy that this process has loaded, this one among them. */
export function loadedCopies(): readonly Copy[] {
  return (globalThis as Registry)[COPIES] ?? [];
}
