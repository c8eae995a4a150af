import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { createCleanMachine } from '../support/clean-machine.ts';
import { bundlers } from './bundlers.ts';
import { ONE_LINE_SERVICE, ONE_LINE_SERVICE_PRINTS, SERVICE, SERVICE_PRINTS } from './service-under-bundler.ts';

// No framework and no axios is installed here: a bundle that asked for one would not build, or not run.
const machine = createCleanMachine();
after(() => machine.remove());

const services = [
  { name: 'with start()', entry: machine.write('service.mjs', SERVICE), prints: SERVICE_PRINTS },
  { name: 'of one line', entry: machine.write('one-line.mjs', ONE_LINE_SERVICE), prints: ONE_LINE_SERVICE_PRINTS },
];

for (const { name, entry, prints } of services) {
  describe(`a service ${name}`, () => {
    it('traces as it stands', async () => {
      assert.match(await run(entry), prints);
    });

    for (const [bundler, bundle] of Object.entries(bundlers)) {
      it(`traces when bundled by ${bundler}`, async () => {
        const { file, complaints } = await bundle(entry, join(machine.folder, 'bundles', bundler, name));
        assert.deepEqual(complaints, []);
        assert.match(await run(file), prints);
      });
    }
  });
}

function run(file: string): Promise<string> {
  return outputOfNode([file], { cwd: machine.folder });
}
