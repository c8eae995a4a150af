import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listFiles, readText } from '../support/repository.ts';
import { arrowsOf, circlesOf, describeCircle } from './module-graph.ts';
import { lies } from './rooms.ts';

const house = ['src', 'propagation', 'middleware', 'cli']
  .flatMap(listFiles)
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readText(path) }));

/** As much as a reader of the core can hold in mind: each room, and each file on its ground, is one thing. */
const MOST_ARROWS = 60;
const CORE = 'src/core';

/** `src/core/pipeline/spool/spool.ts` is of `pipeline`, `src/core/record.ts` is itself. */
function corePart(path: string): string {
  return path.slice(CORE.length + 1).split('/')[0] as string;
}

describe('imports, those of types included,', () => {
  it('form no circle of files: whoever reads one file can begin at the bottom', () => {
    const arrows = arrowsOf(house);
    const circles = circlesOf(arrows).map((circle) => describeCircle(circle, arrows));
    assert.equal(circles.length, 0, `\n${circles.join('\n')}\n`);
  });

  it(`draw at most ${MOST_ARROWS} arrows between the rooms of the core`, () => {
    const inside = arrowsOf(house).filter(({ from, to }) => lies(from, CORE) && lies(to, CORE));
    const pairs = new Set(inside.map(({ from, to }) => `${corePart(from)} → ${corePart(to)}`));
    const drawn = [...pairs].filter((pair) => new Set(pair.split(' → ')).size > 1);
    assert.ok(drawn.length <= MOST_ARROWS, `${drawn.length}:\n${drawn.sort().join('\n')}`);
  });
});

describe('a circle', () => {
  const files = [
    { path: 'src/a.ts', text: `import { b } from './b.ts';` },
    { path: 'src/b.ts', text: `import type { C, D } from './deep/c.ts';\nimport { leaf } from './leaf.ts';` },
    { path: 'src/deep/c.ts', text: `export const a = () => import('../a.ts');` },
    { path: 'src/leaf.ts', text: `import 'node:fs';` },
  ];

  it('is found through types and imports at first use, and told by its files and names', () => {
    const arrows = arrowsOf(files);
    const circles = circlesOf(arrows);
    assert.deepEqual(circles, [['src/a.ts', 'src/b.ts', 'src/deep/c.ts']]);
    assert.equal(
      describeCircle(circles[0] ?? [], arrows),
      [
        'a circle of 3 files:',
        '  src/a.ts → src/b.ts: { b }',
        '  src/b.ts → src/deep/c.ts: { C, D }',
        '  src/deep/c.ts → src/a.ts: ',
      ].join('\n'),
    );
  });

  it('is none where two files name a third', () => {
    assert.deepEqual(circlesOf(arrowsOf(files.slice(1))), []);
  });
});
