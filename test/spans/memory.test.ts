import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Span, span, start } from 'throughline';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';

const throughline = start({ service: 'test', exporters: 'none' });

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Finished spans have left; what nobody holds is gone. A turn of its own, since a WeakRef is strong until the end of this one. */
async function settle(): Promise<void> {
  await throughline.flush();
  await new Promise(setImmediate);
  gc();
}

function heldBytes(): number {
  gc();
  return process.memoryUsage().heapUsed;
}

describe('an ended span that the app still holds', () => {
  it('does not keep its record', async () => {
    const held = span('held', { parent: null });
    held.tag('big', 'x'.repeat(4096));
    const record = new WeakRef((held as RecordingSpan).record as object);
    await settle();
    assert.notEqual(record.deref(), undefined);
    held.end();
    await settle();
    assert.equal(record.deref(), undefined);
    assert.match(held.traceId, /^[0-9a-f]{32}$/);
  });

  it('does not keep the spans around it', async () => {
    let outer: Span | undefined = span('outer', { parent: null });
    const inner = span('inner');
    const around = new WeakRef(outer);
    inner.end();
    outer.end();
    outer = undefined;
    await settle();
    assert.equal(around.deref(), undefined);
    assert.equal(inner.isRecording(), false);
  });

  it('takes less than 600 bytes, whatever was recorded on it', async (t) => {
    const held: Span[] = [];
    await settle();
    const before = heldBytes();
    // Many: what the heap does by itself counts little then.
    for (let i = 0; i < 20_000; i++) {
      span(`span ${i}`, { parent: null }, (used) => {
        for (let n = 0; n < 20; n++) used.tag(`key.${n}`, 'x'.repeat(200)).log(`event ${n}`);
        held.push(used);
      });
    }
    await settle();
    const each = (heldBytes() - before) / held.length;
    t.diagnostic(`${each.toFixed()} bytes a span`);
    assert.ok(each < 600, `${each} bytes a span`);
  });
});

describe('a value that was cut', () => {
  it('does not keep the original alive', async () => {
    const open = span('open', { parent: null });
    const before = heldBytes();
    recordHugeText(open);
    const grown = heldBytes() - before;
    assert.ok(grown < 1024 * 1024, `${grown} bytes more`);
    open.end();
    await settle();
  });
});

/** In a frame of its own, so that nothing on the stack holds the last text. */
function recordHugeText(open: Span): void {
  for (let i = 0; i < 10; i++) open.tag(`key.${i}`, hugeText());
  open.tag('list', [hugeText(), hugeText()]).updateName(hugeText()).log(hugeText());
  open.setStatus({ code: 2, message: hugeText() }).fail(new Error(hugeText()));
}

function hugeText(): string {
  return 'x'.repeat(10 * 1024 * 1024);
}

describe('an app that never ends its spans', () => {
  it('fills no memory beyond the limit of open spans, and every span stays counted', async () => {
    const limited = start({ service: 'test', exporters: 'none', limits: { openSpans: 10 } });
    const root = span('root', { parent: null });
    const leak = (): void => {
      for (let i = 0; i < 20_000; i++) root.child('never ended');
    };
    leak();
    const before = heldBytes();
    leak();
    const grown = heldBytes() - before;
    assert.ok(grown < 512 * 1024, `${grown} bytes more`);
    root.child('ended').end();
    root.end();
    const { started, ended, open, dropped } = limited.stats();
    assert.deepEqual([started, ended, open, dropped.limit], [40_002, 2, 40_000, 1]);
    assert.equal(limited.openSpans().length, 9);
    await limited.shutdown();
  });
});
