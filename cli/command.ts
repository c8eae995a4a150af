import type { CommandArguments } from './command-arguments.ts';
import type { Io } from './io.ts';
import type { OptionSpecs } from './option-specs.ts';

/** One command. What it prints goes to `io`, what it ends with is an exit code. */
export interface Command {
  /** The words behind the name: `<trace | last | slowest>`. */
  readonly usage: string;
  /** Its purpose, for people who do not know it yet. */
  readonly about: string;
  readonly options: OptionSpecs;
  /** A line to type, and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  run(given: CommandArguments, io: Io): Promise<number>;
}

/** Options for drawing, from the command line and the terminal. */
export function drawOptions(
  given: CommandArguments,
  io: Io,
): { readonly width: number | undefined; readonly color: boolean } {
  return { width: given.number('width', 1) ?? io.width, color: io.color };
}
