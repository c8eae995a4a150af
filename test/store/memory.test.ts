import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStore } from 'throughline/store';
import { bareRecord } from '../contract/suites/sample-record.ts';
import { storeContract } from '../contract/suites/store.ts';

storeContract('memoryStore()', async () => ({ store: memoryStore() }));

describe('memoryStore()', () => {
  it('lets the oldest traces go, whole, when it is full', async () => {
    const store = memoryStore({ maxBytes: 17_000 });
    const [first, second] = [bareRecord(), bareRecord()];
    await store.append([first, second]);
    const later = Array.from({ length: 28 }, () => bareRecord());
    await store.append([bareRecord({ traceId: second.traceId }), ...later]);
    assert.equal(await store.trace(first.traceId), undefined);
    const left = (await store.search({ limit: 1000 })).traces;
    assert.ok(left.length < 30 && left.length >= 20, `${left.length} traces are left`);
    assert.ok(left.some((trace) => trace.traceId === later.at(-1)?.traceId));
  });

  it('stays within its bound whatever comes', async () => {
    const store = memoryStore({ maxBytes: 5000 });
    for (let n = 0; n < 200; n++) await store.append([bareRecord({ attributes: { text: 'x'.repeat(n * 50) } })]);
    assert.ok((await store.search({ limit: 1000 })).traces.length <= 5);
  });

  it('keeps a trace to its cap and counts what is over', async () => {
    const store = memoryStore({ maxTraceSpans: 2 });
    const first = bareRecord();
    const { traceId } = first;
    const result = await store.append([first, bareRecord({ traceId }), bareRecord({ traceId }), first]);
    assert.deepEqual(result, { stored: 3, dropped: 1, message: 'a trace has reached its cap of 2 spans' });
    const trace = await store.trace(traceId);
    assert.equal(trace?.spans.length, 2);
    assert.equal(trace?.dropped, 1);
  });

  it('refuses wrong options', () => {
    assert.throws(
      () => memoryStore({ maxBytes: 0 }),
      /memoryStore\(\): "maxBytes" must be a whole number, 1 or more, got 0/,
    );
    assert.throws(() => memoryStore({ maxByte: 1 } as object), /did you mean "maxBytes"\?/);
  });
});
