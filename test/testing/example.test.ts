import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';

it('the example of testing passes its own tests', async () => {
  const file = join(repositoryRoot, 'dist', 'examples', 'testing', 'shop.test.js');
  const output = await outputOfNode(['--test', '--test-reporter=tap', file]);
  assert.match(output, /^# pass 3$/m);
});
