import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ownerLives, parseOwnerName } from '../../src/core/pipeline/spool/owner.ts';
import { runNode } from '../support/child-process.ts';
import { leftSpans } from './left-spans.ts';
import { ACCEPTED, namesOf, REFUSED, RETRY, scriptedExporter } from './scripted-exporter.ts';
import { filesIn, numbers, spoolingSender, temporaryFolder } from './spool-folder.ts';

/** A process that dies with ten spans in its spool, for the exporter of these tests. Resolves with its directory. */
async function deadProcess(folder: string, ending = `process.kill(process.pid, 'SIGKILL');`): Promise<string> {
  const before = new Set(filesIn(folder));
  const source = `
    import { span, start } from 'throughline';
    start({ service: 'shop', spool: 'ahead', exporters: {
      name: 'scripted', destination: 'http://there/', export: () => new Promise(() => undefined),
    } });
    for (let i = 1; i <= 10; i++) span(String(i), { parent: null }).end();
    ${ending}
  `;
  await runNode(['--input-type=module', '--eval', source], { variables: { THROUGHLINE_SPOOL_DIRECTORY: folder } });
  const [left = ''] = filesIn(folder).filter((path) => !before.has(path));
  return dirname(join(folder, left));
}

function adopter(folder: string, exporter = scriptedExporter(() => ACCEPTED, 'http://there/')) {
  const timing = { adoptMs: 5, staleMs: 60_000 };
  return { exporter, ...spoolingSender(exporter, { folder, timing }) };
}

describe('the spool of a process that was killed', () => {
  it('is taken over by the next of its service, sent in order, counted apart, and gone', async (t) => {
    const folder = temporaryFolder(t);
    await deadProcess(folder);
    const { sender, exporter, stats, until, said } = adopter(folder);
    await until(({ adopted }) => adopted === 10);
    assert.deepEqual([exporter.accepted, stats().ended, stats().exported], [numbers(10), 0, 0]);
    await until(() => filesIn(folder).length === 0 && said.length > 1);
    assert.ok(said.includes('sent 10 spans that ended processes had left in the spool'), said.join('\n'));
    await sender.shutdown(1000);
  });

  it('is taken over by one of many, once', async (t) => {
    const folder = temporaryFolder(t);
    for (let i = 0; i < 3; i++) await deadProcess(folder);
    const adopters = Array.from({ length: 6 }, () => adopter(folder));
    await adopters[0]?.until(() => adopters.reduce((sum, { stats }) => sum + stats().adopted, 0) >= 30);
    const accepted = adopters.flatMap(({ exporter }) => exporter.accepted);
    assert.deepEqual(accepted.sort(), [...numbers(10), ...numbers(10), ...numbers(10)].sort());
    await adopters[0]?.until(() => filesIn(folder).length === 0);
    for (const { sender } of adopters) await sender.shutdown(1000);
  });

  it('is taken over at once, however many there are', async (t) => {
    const folder = temporaryFolder(t);
    const dead = await deadProcess(folder);
    for (let i = 1; i < 100; i++) {
      const suffix = i.toString(16).padStart(12, '0');
      cpSync(dead, dead.replace(/[0-9a-f]{12}$/, suffix), { recursive: true });
    }
    const exporter = scriptedExporter(() => ACCEPTED, 'http://there/');
    const { sender, until } = spoolingSender(exporter, { folder, timing: { adoptMs: 60_000, staleMs: 60_000 } });
    await until(({ adopted }) => adopted === 1000);
    await until(() => filesIn(folder).length === 0);
    await sender.shutdown(1000);
  });

  it('stays when the other side does not take it, for the next process', async (t) => {
    const folder = temporaryFolder(t);
    await deadProcess(folder);
    const { sender, exporter, stats, until } = adopter(
      folder,
      scriptedExporter(() => RETRY, 'http://there/'),
    );
    await until(() => exporter.calls.length >= 3);
    await sender.shutdown(10);
    assert.deepEqual([stats().adopted, namesOf(await leftSpans(folder))], [0, numbers(10)]);
  });

  it('goes to the dead letters when the other side refuses it', async (t) => {
    const folder = temporaryFolder(t);
    await deadProcess(folder);
    const { sender, stats, until } = adopter(
      folder,
      scriptedExporter(() => REFUSED, 'http://there/'),
    );
    await until(() => filesIn(folder).every((path) => path.endsWith('dead-letters.jsonl')));
    await sender.shutdown(1000);
    assert.deepEqual([stats().adopted, stats().dropped.export], [0, 0]);
    assert.match(readFileSync(join(folder, filesIn(folder)[0] as string), 'utf8'), /"name":"10"/);
  });

  it('is left alone when it was meant for somewhere else', async (t) => {
    const folder = temporaryFolder(t);
    await deadProcess(folder);
    const other = adopter(
      folder,
      scriptedExporter(() => ACCEPTED, 'http://elsewhere/'),
    );
    const one = adopter(folder);
    await one.until(({ adopted }) => adopted === 10);
    assert.deepEqual(other.exporter.accepted, []);
    for (const { sender } of [one, other]) await sender.shutdown(1000);
  });

  it('with damaged files loses what is damaged, says so, and stops nobody', async (t) => {
    const folder = temporaryFolder(t);
    const directory = await deadProcess(folder);
    const [name = ''] = readdirSync(directory);
    const bytes = readFileSync(join(directory, name));
    bytes.fill(0, 200, 210);
    writeFileSync(join(directory, name), bytes);
    writeFileSync(join(directory, '00000002-00000000.v1.spool'), 'nothing of ours\n'.repeat(1000));
    writeFileSync(join(directory, '00000003-00000000.v1.spool'), '');
    writeFileSync(join(directory, '00000004-00000000.v1.spool'), Buffer.alloc(100_000));
    mkdirSync(join(directory, '00000005-00000000.v1.spool'));
    const { sender, until, said } = adopter(folder);
    await until(({ adopted }) => adopted === 9 && said.length > 1);
    assert.deepEqual(filesIn(folder), []);
    assert.match(said.at(-1) ?? '', /^sent 9 spans .*; 3 damaged records and 0 old spans were left out$/);
    await sender.shutdown(1000);
  });

  it('keeps files that are not known here', async (t) => {
    const folder = temporaryFolder(t);
    const directory = await deadProcess(folder);
    writeFileSync(join(directory, '00000001-00000000.v2.spool'), 'of a later version');
    const { sender, until } = adopter(folder);
    await until(({ adopted }) => adopted === 10);
    await until(() => filesIn(folder).length === 1);
    assert.match(filesIn(folder)[0] as string, /00000001-00000000\.v2\.spool$/);
    await sender.shutdown(1000);
  });

  it('is bounded: of many the newest stay', async (t) => {
    const folder = temporaryFolder(t);
    const directory = await deadProcess(folder);
    const names = readdirSync(directory);
    for (let i = 2; i < 40; i++) {
      const copy = join(directory, `${String(i).padStart(8, '0')}-00000000.v1.spool`);
      writeFileSync(copy, Buffer.alloc(10_000));
      appendFileSync(copy, readFileSync(join(directory, names[0] as string)));
    }
    const exporter = scriptedExporter(() => RETRY, 'http://there/');
    const { sender, kit } = spoolingSender(exporter, { folder, maxBytes: 100_000 });
    await (await kit.inherited()).look();
    const left = filesIn(folder).length;
    assert.ok(left > 4 && left < 10, `${left} files`);
    await sender.shutdown(0);
  });
});

describe('the spool of a process that lives', () => {
  it('is nobody else’s', async (t) => {
    const folder = temporaryFolder(t);
    const first = spoolingSender(
      scriptedExporter(() => undefined, 'http://there/'),
      { folder, mode: 'ahead' },
    );
    first.push(5);
    const second = adopter(folder);
    const inherited = await second.kit.inherited();
    await inherited.look();
    await inherited.look();
    assert.deepEqual([inherited.isEmpty, namesOf(await leftSpans(folder))], [true, numbers(5)]);
    for (const { sender } of [first, second]) sender.persist();
  });
});

describe('a worker thread that was terminated', () => {
  it('has its spool adopted once it has given no sign for a while', async (t) => {
    const folder = temporaryFolder(t);
    const directory = await deadProcess(folder, 'process.exit();');
    const name = parseOwnerName(directory.split('/').at(-1) as string);
    assert.ok(name !== undefined);
    const lives = aliveOwner(t);
    const ofThread = { ...lives, thread: 7 };
    assert.deepEqual([ownerLives(ofThread, 1000, 60_000), ownerLives(ofThread, 60_001, 60_000)], [true, false]);
    assert.equal(ownerLives(lives, 1e9, 60_000), true, 'a main thread is asked after, however silent');
  });
});

describe('an owner', () => {
  it('is dead when another process has its id', (t) => {
    const lives = aliveOwner(t);
    assert.equal(ownerLives({ ...lives, started: '1' }, 0, 60_000), false);
    assert.equal(ownerLives({ ...lives, pid: 4_000_000_000 }, 0, 60_000), false);
  });

  it('of another machine lives as long as it gives signs', (t) => {
    const elsewhere = { ...aliveOwner(t), machine: '00000000', pid: 1 };
    assert.deepEqual([ownerLives(elsewhere, 1000, 60_000), ownerLives(elsewhere, 60_001, 60_000)], [true, false]);
  });

  it('of another machine that has been silent is taken over', async (t) => {
    const folder = temporaryFolder(t);
    const directory = await deadProcess(folder);
    const foreign = join(
      dirname(directory),
      directory
        .split('/')
        .at(-1)
        ?.replace(/^[0-9a-f]{8}/, '00000000') as string,
    );
    renameSync(directory, foreign);
    const { sender, kit, until } = adopter(folder);
    await (await kit.inherited()).look();
    assert.equal(filesIn(folder).length, 1);
    const longAgo = new Date(Date.now() - 61_000);
    utimesSync(foreign, longAgo, longAgo);
    await until(({ adopted }) => adopted === 10);
    await sender.shutdown(1000);
  });

  for (const name of ['', 'x', '12345678-1-1-0', '../../etc', '12345678-1-1-0-123456789abc/..']) {
    it(`is not ${JSON.stringify(name)}`, () => assert.equal(parseOwnerName(name), undefined));
  }
});

/** This process, as the owner of a directory. */
function aliveOwner(t: TestContext) {
  const folder = temporaryFolder(t);
  const { sender, push } = spoolingSender(
    scriptedExporter(() => undefined, 'http://there/'),
    { folder, mode: 'ahead' },
  );
  push(1);
  const [path = ''] = filesIn(folder);
  sender.persist();
  const owner = parseOwnerName(path.split('/').at(-2) as string);
  if (owner === undefined) throw new Error(`no owner in ${path}`);
  return owner;
}
