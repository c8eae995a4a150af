import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';

const APP = join(repositoryRoot, 'dist', 'test', 'middleware', 'lost-context-app.js');

/** What the app says on stderr of lost context, after three requests that were answered. */
async function saidBy(kind: string, where: string, variables: NodeJS.ProcessEnv = { NODE_ENV: 'development' }) {
  const { status, stdout, stderr } = await runNode([APP, kind, where], { variables });
  assert.deepEqual([status, stdout], [0, '{"answered":true}\n'.repeat(3)], stderr);
  return stderr.split('\n').filter((line) => line.includes('context was lost'));
}

for (const kind of ['express4', 'express5']) {
  describe(`a middleware of ${kind} that loses the context`, { concurrency: 2 }, () => {
    for (const where of ['app', 'nested']) {
      it(`is named once, with what helps (${where})`, async () => {
        assert.deepEqual(await saidBy(kind, where), [
          'throughline: context was lost in the middleware "session": spans below it are in no trace; ' +
            'wrap the callback that it waits for with bind(), or take current(req)',
        ]);
      });
    }

    it('is noticed as the answer begins when it is the last before the handler', async () => {
      const [line = ''] = await saidBy(kind, 'route');
      assert.match(line, /^throughline: context was lost /);
    });

    it('is quiet when it is mended with bind(), and when there is none', async () => {
      assert.deepEqual(await saidBy(kind, 'mended'), []);
      assert.deepEqual(await saidBy(kind, 'nowhere'), []);
    });
  });
}

describe('the check for lost context', () => {
  it('is off unless an app is developed', async () => {
    assert.deepEqual(await saidBy('express5', 'app', { NODE_ENV: 'production' }), []);
  });

  it('is on with NODE_DEBUG=throughline too', async () => {
    assert.equal((await saidBy('express4', 'app', { NODE_DEBUG: 'throughline' })).length, 1);
  });
});
