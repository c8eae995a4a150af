import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { planChunks } from './plan.ts';

const run = promisify(execFile);
const COMMAND = new URL('./run.js', import.meta.url).pathname;

test('npm run fuzz says its seed, and how many cases held', async () => {
  const { stdout } = await run(process.execPath, [
    COMMAND,
    '--cases',
    '200',
    '--seed',
    '7',
    '--only',
    'TraceState',
    '--workers',
    '1',
  ]);
  assert.match(stdout, /^fuzz: seed 7, 2 properties, formats .*tracecontext/);
  assert.match(stdout, /fuzz: 201 cases of 2 properties, 0 properties broken/);
});

test('npm run fuzz refuses what it does not understand', async () => {
  for (const args of [['--cases', 'many'], ['--seed', '-1'], ['--only', 'no such thing'], ['--what']]) {
    await assert.rejects(run(process.execPath, [COMMAND, ...args]), { code: 1, stderr: /^fuzz: .*(?:--|Unknown)/ });
  }
});

test('the chunks of a run have all its cases, take turns, and each can be had again by its seed alone', () => {
  const properties = [
    { name: 'a', share: 3 },
    { name: 'b', share: 1 },
  ];
  const chunks = planChunks(properties, { cases: 4000, seed: 10 });
  assert.deepEqual(chunks, [
    { property: 'a', seed: 10, cases: 1000 },
    { property: 'b', seed: 10, cases: 1000 },
    { property: 'a', seed: 11, cases: 1000 },
    { property: 'a', seed: 12, cases: 1000 },
  ]);
  const again = planChunks([{ name: 'a', share: 3 }], { cases: 1000, seed: 12 });
  assert.deepEqual(again, [{ property: 'a', seed: 12, cases: 1000 }]);
});
