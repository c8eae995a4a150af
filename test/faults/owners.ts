import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';
import { must, type Outcome, type Scenario } from './scenario.ts';
import { missingOf, World } from './world.ts';

const PROGRAM = join(repositoryRoot, 'dist', 'test', 'faults', 'owners-process.js');
const ROLES = ['primary', 'cluster 1', 'cluster 2', 'fork', 'thread', 'terminated'];
const SPANS = 50;

/** FAULTS.md row 23: many owners in one folder, while the collector is down; then heirs, several at once. */
async function manyOwners(): Promise<Outcome> {
  const world = await World.open();
  try {
    await world.proxy.become('refuse');
    const { status, stderr } = await runNode([PROGRAM], {
      variables: { OTEL_EXPORTER_OTLP_ENDPOINT: world.proxy.url, SPOOL_DIRECTORY: world.spoolDirectory },
    });
    await world.proxy.become('pass');
    const adopted = await world.withSuccessor((first) =>
      world.withSuccessor(async (second) => {
        const endMs = performance.now() + 10_000;
        const isDone = async () => {
          const arrived = await world.sink.arrived();
          return ROLES.every((role) => missingOf(arrived, role, SPANS).length === 0);
        };
        while (!(await isDone()) && performance.now() < endMs) await setTimeout(50);
        return (await first.figures()).stats.adopted + (await second.figures()).stats.adopted;
      }),
    );
    const arrived = await world.sink.arrived();
    const lost = ROLES.map((role) => missingOf(arrived, role, SPANS).length);
    return {
      figures: {
        owners: ROLES.length,
        spans: ROLES.length * SPANS,
        lost: lost.reduce((sum, count) => sum + count, 0),
        adopted,
        sentAgain: arrived.received - arrived.distinct,
      },
      problems: [
        ...must(status === 0, `the service ended with ${status}\n${stderr}`),
        ...ROLES.flatMap((role, i) => must(lost[i] === 0, `${role}: ${lost[i]} of ${SPANS} lost`)),
        ...must(arrived.received === arrived.distinct, `${arrived.received - arrived.distinct} spans were sent twice`),
        ...must(adopted === ROLES.length * SPANS, `${adopted} counted as adopted`),
      ],
    };
  } finally {
    await world.close();
  }
}

export const ownerScenarios: readonly Scenario[] = [
  {
    row: 23,
    fault: 'cluster, fork, worker threads, one terminated, while the collector is down; then two heirs at once',
    holds: '0 lost; each span adopted once',
    run: () => manyOwners(),
  },
];
