import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';

const APP = join(repositoryRoot, 'dist', 'test', 'server', 'lost-context-app.js');

/** The stderr of a process with these apps about lost context, after three requests to each that were answered. */
async function saidBy(kind: string, places: string[], variables: NodeJS.ProcessEnv = { NODE_ENV: 'development' }) {
  const { status, stdout, stderr } = await runNode([APP, kind, places.join()], { variables });
  assert.deepEqual([status, stdout], [0, '{"answered":true}\n'.repeat(3 * places.length)], stderr);
  return stderr.split('\n').filter((line) => line.includes('context was lost'));
}

for (const kind of ['express4', 'express5']) {
  describe(`a middleware of ${kind} that loses the context`, () => {
    it('is named once, with what helps, in an app and in a router below it', async () => {
      assert.deepEqual(
        await saidBy(kind, ['app', 'nested']),
        ['appSession', 'nestedSession'].map(
          (name) =>
            `throughline: context was lost in the middleware "${name}": spans below it are in no trace; ` +
            'wrap the callback that it waits for with bind(), or take current(req)',
        ),
      );
    });

    it('is noticed as the answer begins when it is the last before the handler; none is when mended with bind(), or not there', async () => {
      const [line = '', ...more] = await saidBy(kind, ['mended', 'nowhere', 'route']);
      assert.match(line, /^throughline: context was lost (?!.*mended)/);
      assert.deepEqual(more, []);
    });
  });
}

describe('the check for lost context', () => {
  it('is off unless an app is developed', async () => {
    assert.deepEqual(await saidBy('express5', ['app'], { NODE_ENV: 'production' }), []);
  });

  it('is on with NODE_DEBUG=throughline too', async () => {
    assert.equal((await saidBy('express4', ['app'], { NODE_DEBUG: 'throughline' })).length, 1);
  });
});
