import { parseArgs } from 'node:util';
import { keepResult, type RunLine } from './results.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const HELP = `npm run faults                 every fault in its quick form: minutes
npm run soak -- [options]      every fault at its real length, three runs each: an hour and a half; each run is kept
                               in docs/evidence/reliability.jsonl, from which docs/evidence/reliability.md is written

  --row <n>      only this row of the table (may be repeated)
  --only <text>  only the faults whose name has this in it
  --runs <n>     runs of each (3)
  --run <n>      that run alone, in the place of the one that was kept`;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      long: { type: 'boolean', default: false },
      row: { type: 'string', multiple: true },
      only: { type: 'string', default: '' },
      runs: { type: 'string' },
      run: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const rows = values.row?.map((text) => wholeNumber(text, 'row'));
  const chosen = scenarios.filter(({ row, fault }) => (rows?.includes(row) ?? true) && fault.includes(values.only));
  if (chosen.length === 0) throw new Error('--row, --only: there is no such fault');
  const count = values.runs === undefined ? (values.long ? 3 : 1) : wholeNumber(values.runs, 'runs');
  const runs = values.run === undefined ? upTo(count) : [wholeNumber(values.run, 'run')];
  const lines = await runAll(chosen, runs, values.long);
  const failed = lines.filter(({ problems }) => problems.length > 0).length;
  const skipped = lines.filter((line) => line.skipped !== undefined).length;
  console.log(`\nfaults: ${lines.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

/** 1, 2, … `count` */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

function wholeNumber(text: string, name: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name} must be a whole number from 1 to 9999, got "${text}"`);
  return Number(text);
}

async function runAll(chosen: readonly Scenario[], runs: readonly number[], isLong: boolean): Promise<RunLine[]> {
  const lines: RunLine[] = [];
  for (const run of runs) {
    for (const scenario of chosen) {
      const line = await runOne(scenario, { run, isLong });
      lines.push(line);
      if (isLong) keepResult(line);
      show(line);
    }
  }
  return lines;
}

async function runOne(scenario: Scenario, extent: { run: number; isLong: boolean }): Promise<RunLine> {
  const { row, fault, holds } = scenario;
  const common = { row, fault, holds, run: extent.run, node: process.version };
  try {
    return { ...common, ...(await scenario.run(extent)) };
  } catch (error) {
    return { ...common, figures: {}, problems: [`the scenario itself failed: ${(error as Error).stack}`] };
  }
}

function show({ row, fault, run, figures, problems, skipped }: RunLine): void {
  const mark = skipped !== undefined ? '–' : problems.length === 0 ? '✓' : '✗';
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  console.log(`${mark} row ${row}, run ${run}: ${fault}\n    ${skipped ?? shown.join(' · ')}`);
  for (const problem of problems) console.log(`    ✗ ${problem.replaceAll('\n', '\n      ')}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
