import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { record } from '../analysis/records.ts';
import { folderWith, writeSpans } from '../cli/call.ts';
import { childEnvironment, outputOfNode, runChild, runNode } from '../support/child-process.ts';
import { type CleanMachine, createCleanMachine } from '../support/clean-machine.ts';
import { readManifest, repositoryRoot } from '../support/repository.ts';

const MAIN = join(repositoryRoot, readManifest().bin.throughline);

describe('the command of the packed package', () => {
  let machine: CleanMachine;
  before(async () => {
    machine = createCleanMachine();
    machine.write('package.json', '{ "private": true }');
    await unpackOver(machine.folder);
  });
  after(() => machine.remove());

  it('runs by npx on a machine that has nothing else', async () => {
    const { status, stdout, stderr } = await runChild('npx', ['throughline', '--help'], {
      cwd: machine.folder,
      variables: { npm_config_offline: 'true' },
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /throughline <command> \[options\]/);
  });

  it('reads a file there, and says what is missing for Redis', async () => {
    await writeSpans(join(machine.folder, 'spans.jsonl'), [record({ id: 1, name: 'GET /cart' })]);
    const main = join(machine.folder, 'node_modules', 'throughline', readManifest().bin.throughline);
    const inFolder = { cwd: machine.folder };
    assert.match(await outputOfNode([main, 'show', 'last'], inFolder), /GET \/cart/);
    const redis = await runNode([main, 'ls', '--store', 'redis://127.0.0.1:1'], inFolder);
    assert.equal(redis.status, 2);
    assert.match(redis.stderr, /needs the package ioredis, which is not installed here: npm install ioredis/);
  });
});

/** The real archive in the place of the copy, its command linked as npm links it. */
async function unpackOver(folder: string): Promise<void> {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { status, stdout, stderr } = await runChild('npm', pack);
  assert.equal(status, 0, stderr);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const target = join(folder, 'node_modules', 'throughline');
  rmSync(target, { recursive: true });
  mkdirSync(target);
  assert.equal(
    (await runChild('tar', ['xzf', join(folder, filename), '-C', target, '--strip-components=1'])).status,
    0,
  );
  const { bin } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as { bin: { throughline: string } };
  const links = join(folder, 'node_modules', '.bin');
  mkdirSync(links);
  symlinkSync(join('..', 'throughline', bin.throughline), join(links, 'throughline'));
  chmodSync(join(target, bin.throughline), 0o755);
}

describe('the command as a process', () => {
  it('prints without colour into a pipe, with colour where it is forced, without where NO_COLOR says so', async (t) => {
    const cwd = await folderWith(t, [record({ id: 1, failed: true })]);
    const isColoured = async (variables: NodeJS.ProcessEnv) => {
      const stdout = await outputOfNode([MAIN, 'ls'], { cwd, variables });
      assert.match(stdout, /span 1/);
      return stdout.includes('\x1b[');
    };
    assert.equal(await isColoured({ FORCE_COLOR: undefined, NO_COLOR: undefined }), false);
    assert.equal(await isColoured({ FORCE_COLOR: '1', NO_COLOR: undefined }), true);
    assert.equal(await isColoured({ FORCE_COLOR: undefined, NO_COLOR: '1' }), false);
  });

  it('is silent when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [MAIN, '--help'], {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 0);
    assert.equal(said, '');
  });
});
