import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { createCleanMachine } from '../support/clean-machine.ts';
import { listEntries } from '../support/repository.ts';

const machine = createCleanMachine();
after(() => machine.remove());

/** Requires an entry from CommonJS, imports it beside that, and says what the two have in common. */
function compareScript(entry: string): string {
  return `'use strict';
const required = require('${entry}');
import('${entry}').then((imported) => {
  const names = Object.keys(imported);
  const differing = names.filter((name) => required[name] !== imported[name]);
  console.log(JSON.stringify({ names: names.length, differing }));
});
`;
}

describe('require', () => {
  for (const { name } of listEntries()) {
    it(`gives the same ${name} as import, with nothing else installed`, async () => {
      const script = machine.write(`${name.replace('/', '-')}.cjs`, compareScript(name));
      const result = JSON.parse(await outputOfNode([script], { cwd: machine.folder }));
      assert.deepEqual(result.differing, [], 'two instances would be two tracers');
      assert.ok(result.names > 0, 'the entry exports something');
    });
  }
});
