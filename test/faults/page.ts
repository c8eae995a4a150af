import type { RunLine } from './results.ts';

const HEAD = `# Reliability

<!-- Written by \`npm run soak\` from reliability.jsonl, one JSON line a run. Not edited by hand. -->

What was done to a traced service, and what became of its spans. Service, collector and the TCP proxy that fails between them are real
processes and sockets; every span carries a number, so that what is lost is the difference of two sets, and the counter law of \`stats()\` is
asked at the end of each run. Of several runs the worst figure stands here.
`;

const FOOT = `
Not promised: spans that were not yet acknowledged when the process is killed, aborts or runs out of memory without \`spool: 'ahead'\`; what a power
failure takes before the disk has it (nothing is synced); spans that are never ended.
`;

/** One minute of one tracer, as `npm run bench:outage` writes it. */
export interface OutageLine {
  readonly round: number;
  readonly tracer: string;
  readonly downMs: number;
  readonly made: number;
  readonly lost: number;
  readonly counted: number | string;
  readonly again: number;
}

/** docs/evidence/reliability.md: a row a fault, with the worst of its runs. */
export function reliabilityPage(lines: readonly RunLine[], outages: readonly OutageLine[]): string {
  const byFault = grouped(lines);
  const rows = [...byFault.values()].map((runs) => tableRow(runs));
  const node = lines[0]?.node ?? '';
  return `${HEAD}
Node ${node}, ${lines.length} runs.

| row | fault | must hold | worst figures | held |
|---|---|---|---|---|
${rows.join('\n')}
${outageTable(outages)}${FOOT}`;
}

function outageTable(outages: readonly OutageLine[]): string {
  const [first] = outages;
  if (first === undefined) return '';
  const rows = outages.map(
    ({ round, tracer, made, lost, counted, again }) => `| ${[round, tracer, made, lost, counted, again].join(' | ')} |`,
  );
  return `
## The same outage beside OpenTelemetry's SDK

A collector that is down for ${first.downMs / 1000} s of a minute, 500 spans/s, both with their defaults, at the same time on the same machine
(\`npm run bench:outage\`).

| round | tracer | spans | lost | it counts | sent again |
|---|---|---:|---:|---:|---:|
${rows.join('\n')}
`;
}

function grouped(lines: readonly RunLine[]): Map<string, RunLine[]> {
  const groups = new Map<string, RunLine[]>();
  for (const line of lines) groups.set(line.fault, [...(groups.get(line.fault) ?? []), line]);
  return groups;
}

function tableRow(runs: readonly RunLine[]): string {
  const first = runs[0] as RunLine;
  const held = runs.filter(({ problems, skipped }) => problems.length === 0 && skipped === undefined).length;
  const figures = Object.keys(first.figures).map((name) => `${name} ${worst(runs, name)}`);
  const cells = [first.row, first.fault, first.holds, first.skipped ?? figures.join(', '), `${held} of ${runs.length}`];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

function worst(runs: readonly RunLine[], name: string): number | string {
  const values = runs.map(({ figures }) => figures[name]).filter((value) => value !== undefined);
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === values.length ? Math.max(...numbers) : (values[0] ?? '');
}
