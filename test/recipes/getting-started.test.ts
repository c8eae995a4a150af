import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { childEnvironment, outputOfNode } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { readManifest, repositoryRoot } from '../support/repository.ts';
import { writeRecipe } from './recipe.ts';

const PAGE = 'docs/getting-started.md';
const COMMAND = join(repositoryRoot, readManifest().bin.throughline);

describe('who follows getting started', () => {
  let folder: string;
  const services: Service[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'throughline-getting-started-'));
  });
  after(() => {
    for (const { child } of services) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the block of a service in the folder, with ports that are free, until it listens. */
  async function startService(name: string, ports: readonly [string, string][]): Promise<Service> {
    const file = await writeRecipe(PAGE, new RegExp(`service: '${name}', exporters: \\['console'`), name, (code) =>
      ports
        .reduce((text, [written, free]) => text.replaceAll(written, free), code)
        .replace(/app\.listen\((\d+)\)/, 'app.listen($1, () => process.send("listening"))'),
    );
    const child = fork(file, { cwd: folder, env: childEnvironment(), silent: true });
    const service = { child, printed: '' };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      service.printed += text;
    });
    services.push(service);
    await once(child, 'message');
    return service;
  }

  it('has one trace of two services, in both terminals and by the command', async () => {
    const ports: [string, string][] = [
      ['8081', String(await freePort())],
      ['8080', String(await freePort())],
    ];
    const pricing = await startService('pricing', ports);
    const shop = await startService('shop', ports);
    const answer = await fetch(`http://127.0.0.1:${ports[1]?.[1]}/order/lamp`);
    assert.deepEqual(await answer.json(), { item: 'lamp', price: 39 });
    for (const { child } of services) {
      child.kill('SIGTERM'); // without a handler: the last spans are written first
      await once(child, 'close');
    }

    const [traceId] =
      shop.printed.match(/(?<=^trace )[0-9a-f]{32}(?= · 2 spans · shop$)/m) ?? assert.fail(shop.printed);
    assert.match(pricing.printed, new RegExp(`^trace ${traceId} · 1 span · pricing\\nGET /prices/:item`, 'm'));
    const shown = await outputOfNode([COMMAND, 'show', 'last'], { cwd: folder });
    assert.match(shown, new RegExp(`^GET /order/:item · .* · 3 spans · 2 services · trace ${traceId}`));
    assert.match(shown, /shop +GET \/order\/:item .*\n +└─ GET → pricing .*\npricing +└─ GET \/prices\/:item/);
  });
});

interface Service {
  readonly child: ChildProcess;
  /** The text that it said on stderr. */
  printed: string;
}
