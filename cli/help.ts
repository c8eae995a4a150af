import { drawingWidth } from '../src/terminal/page.ts';
import { wrapText } from '../src/terminal/wrap.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { OptionSpec, OptionSpecs } from './option-specs.ts';

/** Prose is hard to read in longer lines. */
const WIDEST = 110;

/** The help of the command as a whole. */
export function generalHelp(columns: number | undefined): string {
  const width = Math.min(WIDEST, drawingWidth(columns));
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return [
    'throughline: follow one request through every service.',
    '',
    ...wrapText(
      'Looks at traces: in a file of OTLP, Jaeger, Zipkin or Tempo JSON, through a pipe, or in Redis.',
      width,
    ),
    '',
    '  throughline <command> [options]',
    '',
    ...table(commands, width),
    '',
    'Where the traces are:',
    ...table(
      [
        ['--store spans.jsonl', "what exporters: 'file' writes; the default when it is there"],
        ['throughline report trace.json', 'a file of any of these, by its name alone; - for a pipe'],
        ['--store redis://host:6379', 'what redis({ client }) of throughline/redis writes'],
        ['THROUGHLINE_STORE=…', 'the same, once for all'],
      ],
      width,
    ),
    '',
    'Begin with:',
    ...table(
      [
        ['throughline ls', 'which traces are there'],
        ['throughline show last', 'the last one'],
        ['throughline report --since 1h', 'what is wrong with the last hour'],
      ],
      width,
    ),
    '',
    'Every command has --json, and --help with its options and examples.',
    ...wrapText(
      'Exit codes: 0 well; 1 no: not found, or a check asked for did not hold; 2 wrong use; 3 the store cannot be read.',
      width,
    ),
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(name: string, command: Command, columns: number | undefined): string {
  const width = Math.min(WIDEST, drawingWidth(columns));
  return [
    ...wrapText(command.about, width),
    '',
    ...wrapText(`throughline ${name} ${command.usage}`, width - 2).map((line) => `  ${line}`),
    '',
    'Options:',
    ...table(optionRows(command.options), width),
    '',
    'Examples:',
    ...command.examples.flatMap(([line, what]) =>
      [...wrapText(line, width - 2), ...wrapText(what, width - 6).map((text) => `    ${text}`)].map(
        (text) => `  ${text}`,
      ),
    ),
  ].join('\n');
}

function optionRows(specs: OptionSpecs): (readonly [string, string])[] {
  return Object.entries(specs).map(([name, spec]) => [optionName(name, spec), spec.help]);
}

function optionName(name: string, { short, value }: OptionSpec): string {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
  return value === undefined ? names : `${names} <${value}>`;
}

/** Two columns; where there is no room for that, the second stands below the first. */
function table(rows: readonly (readonly [string, string])[], width: number): string[] {
  const first = rows.reduce((max, [left]) => Math.max(max, left.length), 0) + 4;
  if (width - first < 30) {
    return rows.flatMap(([left, right]) => [`  ${left}`, ...wrapText(right, width - 6).map((line) => `      ${line}`)]);
  }
  return rows.flatMap(([left, right]) =>
    wrapText(right, width - first).map((line, i) => (i === 0 ? `  ${left}` : '').padEnd(first) + line),
  );
}
