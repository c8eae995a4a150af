import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { leftSpans } from './left-spans.ts';
import { ACCEPTED, namesOf, REFUSED, RETRY, scriptedExporter } from './scripted-exporter.ts';
import { bytesIn, filesIn, numbers, spoolingSender, temporaryFolder } from './spool-folder.ts';

/** An exporter that is down until it is told to be up. */
function switchedExporter() {
  let isUp = false;
  const exporter = scriptedExporter(() => (isUp ? ACCEPTED : RETRY), 'http://there/');
  return {
    exporter,
    comeBack(): void {
      isUp = true;
    },
  };
}

describe('a spool for overflow', () => {
  it('leaves nothing on disk as long as all goes well', async (t) => {
    const folder = temporaryFolder(t);
    const { sender, push, stats } = spoolingSender(
      scriptedExporter(() => ACCEPTED, 'http://there/'),
      { folder },
    );
    push(500);
    await sender.flush(5000);
    await sender.shutdown(1000);
    assert.deepEqual([stats().exported, filesIn(folder)], [500, []]);
  });

  it('takes what waits in an outage that lasts, and sends it in order when it is over', async (t) => {
    const folder = temporaryFolder(t);
    const { exporter, comeBack } = switchedExporter();
    const { sender, push, stats, until } = spoolingSender(exporter, { folder });
    push(300);
    await until(({ spooled }) => spooled > 0);
    push(200);
    await until(({ queued }) => queued <= 128); // but for what is in hand: a record from disk
    assert.notDeepEqual(filesIn(folder), []);
    comeBack();
    push(100);
    await sender.flush(5000);
    assert.deepEqual(exporter.accepted, numbers(600));
    assert.deepEqual([stats().exported, stats().spooled, stats().queued], [600, 0, 0]);
    assert.deepEqual(filesIn(folder), []);
    await sender.shutdown(1000);
  });

  it('holds the memory to its bound, and loses nothing by that', async (t) => {
    const folder = temporaryFolder(t);
    const { exporter, comeBack } = switchedExporter();
    const settings = { queueBytes: 60_000 }; // some 95 spans
    const { sender, push, stats } = spoolingSender(exporter, { folder, settings });
    push(2000); // in one turn: no attempt has failed yet
    assert.ok(stats().queued < 110 && stats().spooled > 1800, JSON.stringify(stats()));
    comeBack();
    await sender.flush(10_000);
    assert.deepEqual(exporter.accepted, numbers(2000));
    await sender.shutdown(1000);
  });

  it('drops its oldest files when it is full, and counts their spans', async (t) => {
    const folder = temporaryFolder(t);
    const { exporter, comeBack } = switchedExporter();
    const settings = { queueBytes: 60_000 };
    const { sender, push, stats } = spoolingSender(exporter, { folder, settings, maxBytes: 65_536 });
    push(2000);
    const { dropped } = stats();
    assert.ok(bytesIn(folder) <= 65_536, `${bytesIn(folder)} bytes`);
    assert.ok(dropped.spool > 500 && dropped.queue === 0, JSON.stringify(dropped));
    comeBack();
    await sender.flush(10_000);
    const last = numbers(2000 - stats().dropped.spool, stats().dropped.spool + 1);
    assert.deepEqual(
      [...exporter.accepted].sort((a, b) => Number(a) - Number(b)),
      last,
    );
    await sender.shutdown(1000);
  });

  it('gives up what has become too old, and counts it', async (t) => {
    const folder = temporaryFolder(t);
    const { exporter, comeBack } = switchedExporter();
    const settings = { queueBytes: 60_000 };
    const { sender, push, stats, until } = spoolingSender(exporter, {
      ...{ folder, settings, maxAgeMs: 40 },
      timing: { heartbeatMs: 5 },
    });
    push(1000);
    await until(({ dropped }) => dropped.spool > 0);
    comeBack();
    await sender.flush(10_000);
    assert.equal(stats().exported + stats().dropped.spool, 1000);
    await sender.shutdown(1000);
  });

  it('takes everything at shutdown that could not be sent, at once', async (t) => {
    const folder = temporaryFolder(t);
    const exporter = scriptedExporter(() => undefined, 'http://there/');
    const { sender, push, stats } = spoolingSender(exporter, { folder });
    push(100);
    const stopped = sender.shutdown(20);
    const { answer } = await exporter.call(1);
    await stopped;
    assert.deepEqual([stats().spooled, stats().queued, stats().dropped.shutdown], [100, 0, 0]);
    answer(ACCEPTED); // too late: the next process of the service sends it again
    await new Promise(setImmediate);
    assert.deepEqual([stats().spooled, stats().exported], [100, 0]);
    push(1);
    assert.equal(stats().dropped.shutdown, 1);
  });

  const deaf: readonly [how: string, react: () => unknown][] = [
    ['refuses', () => RETRY],
    ['asks for a pause', () => ({ outcome: 'retry', reason: 'busy', retryAfterMs: 60_000 })],
    ['gives no answer', () => undefined],
  ];
  for (const [how, react] of deaf) {
    it(`is not waited for at shutdown when the other side ${how}: what is left lies on disk`, {
      timeout: 60_000, // a shutdown that waited would take ten minutes
    }, async (t) => {
      const folder = temporaryFolder(t);
      const exporter = {
        ...scriptedExporter(react, 'http://there/'),
        shutdown: () => new Promise<void>(() => undefined), // nor does it close
      };
      const { sender, push, stats } = spoolingSender(exporter, { folder });
      push(100);
      await sender.shutdown(600_000);
      assert.deepEqual([stats().spooled, stats().queued], [100, 0]);
      assert.deepEqual(namesOf(await leftSpans(folder)), numbers(100));
    });
  }

  it('sends all of it at shutdown as long as answers come', async (t) => {
    const folder = temporaryFolder(t);
    const exporter = scriptedExporter(undefined, 'http://there/');
    const { sender, push, stats } = spoolingSender(exporter, { folder, settings: { maxBatch: 1 } });
    push(20);
    const stopped = sender.shutdown(600_000);
    for (let i = 1; i <= 20; i++) (await exporter.call(i)).answer(ACCEPTED);
    await stopped;
    assert.deepEqual([stats().exported, stats().spooled], [20, 0]);
  });

  it('waits for a first success where nobody said where to send to', async (t) => {
    const folder = temporaryFolder(t);
    let isUp = false;
    const exporter = {
      ...scriptedExporter(() => (isUp ? ACCEPTED : RETRY), 'http://default/'),
      isDefaultDestination: true,
    };
    const settings = { queueBytes: 60_000 };
    const { sender, push, stats, until } = spoolingSender(exporter, { folder, settings });
    push(200);
    await until(({ lastError }) => lastError !== undefined);
    assert.ok(stats().dropped.queue > 0);
    assert.deepEqual(filesIn(folder), []);
    isUp = true;
    await sender.flush(5000);
    isUp = false;
    push(200);
    assert.ok(stats().spooled > 0);
    await sender.shutdown(0);
  });
});

describe('refused spans', () => {
  it('go to a file of dead letters, one line a batch, and are counted', async (t) => {
    const folder = temporaryFolder(t);
    const exporter = scriptedExporter((_, number) => (number === 1 ? REFUSED : ACCEPTED), 'http://there/');
    const { sender, push, stats } = spoolingSender(exporter, { folder });
    push(70);
    await sender.flush(5000);
    await sender.shutdown(5000);
    assert.deepEqual([stats().dropped.export, stats().exported], [64, 6]);
    const [path = '', ...others] = filesIn(folder);
    assert.match(path, /^shop\/scripted-[0-9a-f]{8}\/dead-letters\.jsonl$/);
    assert.deepEqual(others, []);
    const lines = readFileSync(join(folder, path), 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 1);
    const spans: { name: string }[] = JSON.parse(lines[0] as string).resourceSpans.flatMap(
      (group: { scopeSpans: { spans: { name: string }[] }[] }) => group.scopeSpans[0]?.spans,
    );
    assert.deepEqual(
      spans.map((span) => span.name),
      numbers(64),
    );
  });

  it('stay within the bound of their files', async (t) => {
    const folder = temporaryFolder(t);
    const { sender, kit, push } = spoolingSender(
      scriptedExporter(() => REFUSED, 'http://there/'),
      {
        folder,
        maxBytes: 400_000, // an eighth of it for dead letters
        settings: { maxBatch: 16 },
      },
    );
    for (let i = 0; i < 60; i++) {
      push(16);
      await sender.flush(5000);
      await kit.deadLetters.done();
    }
    assert.ok(bytesIn(folder) <= 60_000, `${bytesIn(folder)} bytes`);
    assert.equal(filesIn(folder).length, 2);
    await sender.shutdown(1000);
  });
});

describe('a disk that fails', () => {
  it('is named in one line, costs nothing but room, and is used again when it works', async (t) => {
    const folder = temporaryFolder(t);
    const base = join(folder, 'base');
    writeFileSync(base, 'a file where the folder should be');
    const { exporter, comeBack } = switchedExporter();
    const settings = { queueBytes: 60_000 };
    const { sender, push, stats, said, until } = spoolingSender(exporter, { folder: base, settings });
    push(300);
    assert.ok(stats().dropped.queue > 150, JSON.stringify(stats()));
    assert.deepEqual([stats().spooled, said.filter((line) => line.includes('spool')).length], [0, 1]);
    assert.match(said[0] ?? '', /^cannot write spans to the spool .*: (EEXIST|ENOTDIR); keeping them in memory only$/);
    rmSync(base);
    await until(() => {
      push(1);
      return stats().spooled > 0;
    });
    assert.match(said.find((line) => line.startsWith('writing')) ?? '', /^writing spans to the spool .* again$/);
    comeBack();
    await sender.flush(5000);
    assert.equal(stats().exported + stats().dropped.queue, stats().ended);
    await sender.shutdown(1000);
  });

  it('loses what somebody deletes, counts it, and goes on in a new folder', async (t) => {
    const folder = temporaryFolder(t);
    const { exporter, comeBack } = switchedExporter();
    const settings = { queueBytes: 60_000 };
    const options = { folder, settings, timing: { heartbeatMs: 5 } };
    const { sender, push, stats, until } = spoolingSender(exporter, options);
    push(500);
    assert.ok(stats().spooled > 300);
    rmSync(join(folder, 'shop'), { recursive: true });
    await until(({ dropped }) => dropped.spool > 300);
    await until(() => {
      push(1);
      return stats().spooled > 0;
    });
    comeBack();
    await sender.flush(5000);
    assert.equal(stats().exported + stats().dropped.spool + stats().dropped.queue, stats().ended);
    await sender.shutdown(1000);
  });

  it('is not written to where a link stands in the place of our folder', (t) => {
    const folder = temporaryFolder(t);
    const elsewhere = temporaryFolder(t);
    symlinkSync(elsewhere, join(folder, 'shop'));
    const settings = { queueBytes: 6000 };
    const { push, said, sender } = spoolingSender(
      scriptedExporter(() => RETRY, 'http://there/'),
      { folder, settings },
    );
    push(50);
    assert.deepEqual(filesIn(elsewhere), []);
    assert.match(said[0] ?? '', /shop is not a directory; keeping them in memory only$/);
    sender.persist();
  });

  it('is not written to where others may write', (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'shop'), { mode: 0o777 });
    chmodSync(join(folder, 'shop'), 0o777); // whatever the umask
    const settings = { queueBytes: 6000 };
    const { push, said, sender } = spoolingSender(
      scriptedExporter(() => RETRY, 'http://there/'),
      { folder, settings },
    );
    push(50);
    assert.deepEqual(filesIn(folder), []);
    assert.match(said[0] ?? '', /shop may be written to by others; keeping them in memory only$/);
    sender.persist();
  });

  it('gives back what is not damaged, when a file was', async (t) => {
    const folder = temporaryFolder(t);
    const { exporter, comeBack } = switchedExporter();
    const settings = { queueBytes: 60_000 };
    const { sender, push, stats } = spoolingSender(exporter, { folder, settings });
    push(1000);
    const path = join(folder, filesIn(folder)[0] as string);
    const bytes = readFileSync(path);
    bytes.fill(0, 5000, 5100);
    writeFileSync(path, bytes);
    comeBack();
    await sender.flush(10_000);
    const { exported, dropped } = stats();
    assert.deepEqual([exported + dropped.spool, dropped.spool > 0 && dropped.spool <= 128], [1000, true]);
    await sender.shutdown(1000);
  });
});
