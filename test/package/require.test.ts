import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { createCleanMachine } from '../support/clean-machine.ts';
import { listEntries } from '../support/repository.ts';

const machine = createCleanMachine();
after(() => machine.remove());

/** Requires an entry from CommonJS, imports it beside that, and prints what each exports. */
function compareScript(entry: string): string {
  return `'use strict';
const shapeOf = (exported) => Object.keys(exported).sort().map((name) => [name, typeof exported[name]]);
const required = require('${entry}');
import('${entry}').then((imported) => console.log(JSON.stringify([shapeOf(required), shapeOf(imported)])));
`;
}

describe('require', () => {
  for (const { name } of listEntries()) {
    it(`gives what import gives of ${name}, with nothing else installed`, async () => {
      const script = machine.write(`${name.replace('/', '-')}.cjs`, compareScript(name));
      const [required, imported] = JSON.parse(await outputOfNode([script], { cwd: machine.folder }));
      assert.deepEqual(required, imported);
      assert.ok(imported.length > 0, 'the entry exports something');
    });
  }

  it('and import know where each was loaded from', async () => {
    const script = machine.write(
      'copies.cjs',
      `'use strict';
const { start } = require('throughline');
import('throughline')
  .then(() => start({ service: 'both', exporters: 'none' }).doctor())
  .then(({ checks }) => console.log(checks.find(({ name }) => name === 'copies').message));
`,
    );
    const said = await outputOfNode([script], { cwd: machine.folder });
    for (const format of ['cjs', 'esm']) {
      assert.match(said, new RegExp(`file:///.*/node_modules/throughline/lib/${format}/chunks/`));
    }
  });
});
