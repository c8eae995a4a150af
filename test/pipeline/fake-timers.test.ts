import assert from 'node:assert/strict';
import { describe, it, mock, type TestContext } from 'node:test';
import { span, start } from 'throughline';
import { otlp } from 'throughline/exporters';
import { type Collector, collector } from 'throughline/test';
import { freePort } from '../support/free-port.ts';

/** An app's tests, which run its timers by hand. Nobody runs ours. */
function fakeTimers(t: TestContext): void {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
  t.after(() => mock.timers.reset());
}

async function startedCollector(t: TestContext): Promise<Collector> {
  const backend = await collector();
  t.after(() => backend.close());
  return backend;
}

describe('with timers that an app has faked', () => {
  it('flush sends what waits, in batches, and resolves', async (t) => {
    const backend = await startedCollector(t);
    const tl = start({ exporters: otlp({ endpoint: backend.url, compression: 'gzip' }), spool: 'off' });
    fakeTimers(t);
    for (let i = 0; i < 1500; i++) span(`${i}`, { parent: null }).end();
    await tl.flush();
    assert.deepEqual([tl.stats().exported, tl.stats().queued], [1500, 0]);
    await tl.shutdown();
  });

  it('spans leave by themselves, as without', async (t) => {
    const backend = await startedCollector(t);
    const tl = start({ exporters: otlp({ endpoint: backend.url }), spool: 'off' });
    fakeTimers(t);
    span('a', { parent: null }).end();
    await backend.waitForSpans(1);
    await tl.shutdown();
  });

  it('flush and shutdown end though nobody answers', async (t) => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const tl = start({ exporters: otlp({ endpoint }), spool: 'off' });
    fakeTimers(t);
    span('a', { parent: null }).end();
    await tl.flush(50);
    await tl.shutdown(50);
    assert.deepEqual([tl.stats().exported, tl.stats().dropped.shutdown], [0, 1]);
  });
});
