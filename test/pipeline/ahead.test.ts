import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leftSpans } from './left-spans.ts';
import { ACCEPTED, namesOf, RETRY, scriptedExporter } from './scripted-exporter.ts';
import { filesIn, numbers, spoolingSender, temporaryFolder } from './spool-folder.ts';

describe('a spool ahead of sending', () => {
  it('has each span on disk when it has ended, before anything is sent', async (t) => {
    const folder = temporaryFolder(t);
    const exporter = scriptedExporter(() => undefined, 'http://there/');
    const { sender, push, stats } = spoolingSender(exporter, { folder, mode: 'ahead' });
    push(10);
    assert.equal(exporter.calls.length, 0);
    assert.deepEqual(namesOf(await leftSpans(folder)), numbers(10));
    assert.deepEqual([stats().queued, stats().spooled], [10, 0]);
    sender.persist();
  });

  it('forgets what has been acknowledged, and nothing else', async (t) => {
    const folder = temporaryFolder(t);
    const exporter = scriptedExporter(() => undefined, 'http://there/');
    const { sender, push, stats } = spoolingSender(exporter, { folder, mode: 'ahead', settings: { maxBatch: 4 } });
    push(10);
    (await exporter.call(1)).answer(ACCEPTED);
    await exporter.call(2);
    assert.deepEqual(namesOf(await leftSpans(folder)), numbers(6, 5));
    assert.equal(stats().exported, 4);
    sender.persist();
    assert.deepEqual([stats().spooled, stats().queued], [6, 0]);
    assert.deepEqual(namesOf(await leftSpans(folder)), numbers(6, 5));
  });

  it('leaves nothing when all has been sent', async (t) => {
    const folder = temporaryFolder(t);
    const { sender, push, stats } = spoolingSender(
      scriptedExporter(() => ACCEPTED, 'http://there/'),
      {
        ...{ folder, mode: 'ahead' },
        maxBytes: 70_000, // files of 4 kB
      },
    );
    push(1000);
    await sender.flush(5000);
    assert.ok(filesIn(folder).length <= 1);
    await sender.shutdown(1000);
    assert.deepEqual([stats().exported, filesIn(folder)], [1000, []]);
  });

  it('lets go of memory in an outage, and sends in order when it is over', async (t) => {
    const folder = temporaryFolder(t);
    let isUp = false;
    const exporter = scriptedExporter(() => (isUp ? ACCEPTED : RETRY), 'http://there/');
    const settings = { queueBytes: 60_000 };
    const { sender, push, stats, until } = spoolingSender(exporter, { folder, mode: 'ahead', settings });
    push(1000);
    assert.ok(stats().spooled > 800 && stats().dropped.queue === 0, JSON.stringify(stats()));
    await until(({ lastError }) => lastError !== undefined);
    push(500);
    isUp = true;
    await sender.flush(10_000);
    assert.deepEqual(exporter.accepted, numbers(1500));
    assert.deepEqual([stats().exported, stats().spooled], [1500, 0]);
    await sender.shutdown(1000);
    assert.deepEqual(filesIn(folder), []);
  });

  it('counts what a full spool loses of spans that memory no longer holds, and no other', async (t) => {
    const folder = temporaryFolder(t);
    let isUp = false;
    const exporter = scriptedExporter(() => (isUp ? ACCEPTED : RETRY), 'http://there/');
    const settings = { queueBytes: 100_000 };
    const { sender, push, stats } = spoolingSender(exporter, { folder, mode: 'ahead', settings, maxBytes: 70_000 });
    push(2000);
    const { dropped } = stats();
    assert.ok(dropped.spool > 500, JSON.stringify(dropped));
    isUp = true;
    await sender.flush(10_000);
    assert.equal(exporter.accepted.length, 2000 - stats().dropped.spool - stats().dropped.queue);
    assert.deepEqual([...exporter.accepted].sort(byNumber), [...new Set(exporter.accepted)].sort(byNumber));
    await sender.shutdown(1000);
  });

  it('is one record a span, and what was read from it comes back as it was', async (t) => {
    const folder = temporaryFolder(t);
    let isUp = false;
    const exporter = scriptedExporter(() => (isUp ? ACCEPTED : RETRY), 'http://there/');
    const settings = { queueBytes: 6000 };
    const { sender, push } = spoolingSender(exporter, { folder, mode: 'ahead', settings });
    push(100);
    isUp = true;
    await sender.flush(5000);
    const spans = exporter.calls.flatMap((call) => call.batch);
    assert.ok(new Set(spans.map((span) => span.resource)).size <= 11, 'resources that are equal are one object again');
    await sender.shutdown(1000);
  });
});

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
