import { join } from 'node:path';
import { runNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';
import { must, type Outcome, type Scenario } from './scenario.ts';

const PROGRAM = join(repositoryRoot, 'dist', 'test', 'faults', 'own-faults-process.js');
const BREAKING = ['throws', 'rejects', 'silent', 'lies', 'closes'];

/** FAULTS.md row 11: faults inside us, beside the same app with nothing wrong. */
async function ownFaults(): Promise<Outcome> {
  const sound = await runNode([PROGRAM, 'none']);
  const problems = must(sound.status === 0 && sound.stdout.endsWith('done\n'), `the app by itself: ${sound.stdout}`);
  let mostLines = 0;
  for (const exporter of BREAKING) {
    const { status, stdout, stderr } = await runNode([PROGRAM, exporter]);
    const lines = stderr.split('\n').filter((line) => line !== '').length;
    mostLines = Math.max(mostLines, lines);
    problems.push(
      ...must(status === 0, `exporter ${exporter}: status ${status}`),
      ...must(stdout === sound.stdout, `exporter ${exporter}: the app saw\n${stdout}`),
      ...must(lines <= 1, `exporter ${exporter}: ${lines} lines\n${stderr}`),
    );
  }
  return { figures: { exporters: BREAKING.length, mostLogLines: mostLines }, problems };
}

export const ownFaultScenarios: readonly Scenario[] = [
  {
    row: 11,
    fault: 'throwing getters and Proxies on every method; exporters that throw, reject, lie, never answer',
    holds: 'the app sees what it would have seen; one log line at most',
    run: () => ownFaults(),
  },
];
