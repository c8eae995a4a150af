import { nearestName } from '../src/core/options/errors.ts';
import { version } from '../src/core/version.ts';
import { sanitize } from '../src/terminal/text.ts';
import { parseGiven, quote } from './command-arguments.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { EXIT, NotFoundError, UsageError } from './exit-code.ts';
import { commandHelp, generalHelp } from './help.ts';
import type { Io } from './io.ts';

/**
 * The command: `args` are what stands behind `throughline`. Resolves with the exit code; what went wrong is said on
 * standard error, and nothing is thrown but what is a bug of ours.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args;
  try {
    if (first === undefined || first === '--help' || first === '-h') return say(generalHelp(io.width), io);
    if (first === '--version' || first === '-v') return say(version, io);
    if (first === 'help') return await help(rest[0], io);
    return await runCommand(first, rest, io);
  } catch (error) {
    return explain(error, first ?? '', io);
  }
}

async function runCommand(name: string, args: readonly string[], io: Io): Promise<number> {
  const command = await entryOf(name).load();
  const given = parseGiven(name, args, command.options);
  if (given.has('help')) return say(commandHelp(name, command, io.width), io);
  return command.run(given, io);
}

async function help(name: string | undefined, io: Io): Promise<number> {
  if (name === undefined) return say(generalHelp(io.width), io);
  return say(commandHelp(name, await entryOf(name).load(), io.width), io);
}

function entryOf(name: string): CommandEntry {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry !== undefined) return entry;
  const names = Object.keys(COMMANDS);
  const near = nearestName(name, names);
  const known = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  if (name.startsWith('-'))
    throw new UsageError(`the command comes first: throughline <command> ${sanitize(name)} …; ${known}`);
  throw new UsageError(`there is no command ${quote(name)}; ${known}`);
}

function say(text: string, io: Io): number {
  io.out(`${text}\n`);
  return EXIT.ok;
}

function explain(error: unknown, name: string, io: Io): number {
  if (io.signal.aborted) return EXIT.interrupted;
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof UsageError) {
    const more = Object.hasOwn(COMMANDS, name) ? `throughline ${name} --help` : 'throughline --help';
    io.err(`throughline: ${sanitize(message)}\n${more}\n`);
    return EXIT.usage;
  }
  if (error instanceof NotFoundError || code === 'ERR_THROUGHLINE_STORE') {
    const hint = message.includes('slot of the Redis cluster has moved')
      ? '; a cluster is named by redis-cluster://'
      : '';
    io.err(`throughline: ${sanitize(message)}${hint}\n`);
    return error instanceof NotFoundError ? EXIT.no : EXIT.store;
  }
  throw error;
}
