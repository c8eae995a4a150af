import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/repository.ts';
import { type OutageLine, reliabilityPage } from './page.ts';
import type { Outcome } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const LINES = join(repositoryRoot, 'docs', 'evidence', 'reliability.jsonl');
/** Written by `npm run bench:outage`. */
const OUTAGE = join(repositoryRoot, 'docs', 'evidence', 'outage.jsonl');
const PAGE = join(repositoryRoot, 'docs', 'evidence', 'reliability.md');

/** One line of docs/evidence/reliability.jsonl: one run of one fault. */
export interface RunLine extends Outcome {
  readonly row: number;
  readonly fault: string;
  readonly holds: string;
  readonly run: number;
  readonly node: string;
}

/** Puts a run in the place of the one before it, and writes the page anew from all of them. */
export function keepResult(line: RunLine): void {
  const others = readJsonLines<RunLine>(LINES).filter(({ fault, run }) => fault !== line.fault || run !== line.run);
  const order = scenarios.map(({ fault }) => fault);
  const lines = [...others, line]
    .filter(({ fault }) => order.includes(fault))
    .sort((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault) || a.run - b.run);
  writeFileSync(LINES, lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  writeFileSync(PAGE, reliabilityPage(lines, readJsonLines<OutageLine>(OUTAGE)));
}

function readJsonLines<Line>(file: string): Line[] {
  try {
    const text = readFileSync(file, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  } catch {
    return []; // the first run of all
  }
}
