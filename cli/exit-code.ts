/** The exit codes of the command. Scripts and CI rely on them (docs/cli.md). */
export const EXIT = {
  ok: 0,
  /** The answer is no: nothing was found that was asked for by name, or a `--fail-...`, `--expect` or check did not hold. */
  no: 1,
  /** Wrong use: unknown command or option, a value that cannot be read. */
  usage: 2,
  /** The store cannot be read, or the output not written. */
  store: 3,
  /** Ctrl-C, as shells count it: 128 and the signal's number. */
  interrupted: 130,
} as const;

/** The command line is wrong. The message says how it would be right. */
export class UsageError extends Error {}

/** Something that was asked for by name is not there. */
export class NotFoundError extends Error {}
