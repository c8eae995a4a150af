import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import type { Exporter } from '../../src/core/pipeline/exporter.ts';
import type { SpanRecord } from '../../src/core/record.ts';
import { type ConsoleOptions, console as consoleExporter } from '../../src/exporters/console.ts';
import { type RecordOptions, record } from '../analysis/records.ts';
import { HOSTILE } from '../terminal/drawings.ts';

const signal = new AbortController().signal;

/** An exporter with what it printed, one entry a write. */
function capturing(format?: 'tree' | 'waterfall'): { exporter: Exporter; printed: string[] } {
  const printed: string[] = [];
  const stream = { write: (text: string) => printed.push(text) };
  return { exporter: consoleExporter({ stream, format }), printed };
}

/** One batch a list. */
async function print(...batches: RecordOptions[][]): Promise<string[]> {
  const { exporter, printed } = capturing();
  for (const batch of batches) await exporter.export(batch.map(record), signal);
  return printed;
}

const server = { kind: 'server', parentIsRemote: true } as const;

describe('console exporter', () => {
  it('prints a tree when the root has come', async () => {
    const printed = await print([
      { id: 2, parent: 1, at: 1, took: 4 },
      { id: 1, took: 9 },
    ]);
    assert.deepEqual(printed, [
      `trace 4bf92f3577b34da6a3ce929d0e0e4736 · 2 spans · shop
span 1  shop  9.00 ms
└─ span 2     4.00 ms

`,
    ]);
  });

  it('draws waterfalls when asked', async () => {
    const { exporter, printed } = capturing('waterfall');
    await exporter.export([record({ id: 1, took: 9 })], signal);
    assert.match(printed.join(''), /^span 1 · 9\.00 ms .*\n.*\nspan 1 {2}█+ {2}9\.00 ms\n\n$/);
  });

  it('takes a span whose parent is remote for a root, not for an orphan', async () => {
    const [text = ''] = await print([
      { id: 2, parent: 1 },
      { id: 1, parent: 99, ...server },
    ]);
    assert.match(text, /\nspan 1 .*\n└─ span 2/);
    assert.doesNotMatch(text, /missing/);
  });

  it('waits for the root over several batches', async () => {
    const { exporter, printed } = capturing();
    await exporter.export([record({ id: 3, parent: 2 })], signal);
    await exporter.export([record({ id: 2, parent: 1 })], signal);
    assert.deepEqual(printed, []);
    await exporter.export([record({ id: 1 })], signal);
    assert.equal(printed.length, 1);
    assert.match(printed[0] ?? '', /3 spans/);
  });

  it('prints traces that end in one batch one by one', async () => {
    const printed = await print([{ id: 1 }, { id: 2, traceId: 'a'.repeat(32) }]);
    assert.equal(printed.length, 2);
  });

  it('prints the part of a self-call alone while its caller is still open', async () => {
    const [inner = '', outer = '', ...more] = await print(
      [
        { id: 2, parent: 1, name: 'done before the call' },
        { id: 4, parent: 3, ...server, name: 'called' },
      ],
      [{ id: 3, parent: 1, kind: 'client', name: 'call' }, { id: 1 }],
    );
    assert.match(inner, /1 span ·.*\ncalled/);
    assert.match(outer, /3 spans ·/);
    assert.match(outer, /├─ done before the call .*\n└─ call /);
    assert.deepEqual(more, []);
  });

  it('marks spans that come after their root as late', async () => {
    const [, late = '', later = '', ...more] = await print(
      [{ id: 1 }],
      [{ id: 2, parent: 1, name: 'first straggler' }],
      [{ id: 3, parent: 2, name: 'straggler of the straggler' }],
    );
    assert.match(late, /· late\nfirst straggler/);
    assert.match(later, /· late\nstraggler of the straggler/);
    assert.deepEqual(more, []);
  });

  it('gives up a trace whose root does not come for a hundred batches', async () => {
    const { exporter, printed } = capturing();
    await exporter.export([record({ id: 2, parent: 1, name: 'leaked' })], signal);
    const other = (i: number): SpanRecord => record({ id: 1, traceId: (i + 1).toString(16).padStart(32, '0') });
    for (let i = 0; i < 99; i++) await exporter.export([other(i)], signal);
    assert.doesNotMatch(printed.join(''), /leaked/);
    await exporter.export([other(99)], signal);
    assert.match(printed.join(''), /· incomplete\nmissing parent 0{15}1 .*\nleaked/);
  });

  it('holds at most a thousand traces, the oldest given up first', async () => {
    const { exporter, printed } = capturing();
    const spans = Array.from({ length: 1001 }, (_, i) => {
      return record({ id: 2, parent: 1, name: `open ${i}`, traceId: (i + 1).toString(16).padStart(32, '0') });
    });
    await exporter.export(spans, signal);
    assert.equal(printed.length, 1);
    assert.match(printed[0] ?? '', /incomplete[\s\S]*open 0 /);
  });

  it('holds at most 20,000 spans', async () => {
    const { exporter, printed } = capturing();
    const spans = Array.from({ length: 20_001 }, (_, i) => record({ id: i + 2, parent: 1 }));
    await exporter.export(spans, signal);
    assert.match(printed.join(''), /20,001 spans · shop · incomplete/);
    assert.ok(printed.join('').split('\n').length < 2100);
  });

  it('prints what still waits at shutdown', async () => {
    const { exporter, printed } = capturing();
    await exporter.export([record({ id: 2, parent: 1 })], signal);
    await exporter.shutdown?.();
    assert.match(printed.join(''), /incomplete/);
  });

  it('survives cycles among local parents', async () => {
    const { exporter, printed } = capturing();
    await exporter.export([record({ id: 1, parent: 2 }), record({ id: 2, parent: 1 })], signal);
    await exporter.shutdown?.();
    assert.match(printed.join(''), /cycle/);
  });

  it('prints no control character but newline', async () => {
    const printed = await print(HOSTILE.map((name, i) => ({ id: i + 1, name, parent: i || undefined })));
    assert.doesNotMatch(printed.join('').replaceAll('\n', ''), /\p{C}/u);
  });

  it('colours a terminal and draws as wide as it is', async () => {
    const { FORCE_COLOR, NO_COLOR, TERM } = process.env;
    Object.assign(process.env, { TERM: 'xterm' });
    delete process.env.FORCE_COLOR;
    delete process.env.NO_COLOR;
    const printed: string[] = [];
    const stream = { write: (text: string) => printed.push(text), isTTY: true, columns: 50 };
    try {
      await consoleExporter({ stream }).export([record({ id: 1, name: 'x'.repeat(200) })], signal);
    } finally {
      for (const [name, value] of Object.entries({ FORCE_COLOR, NO_COLOR, TERM })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    const esc = String.fromCharCode(27);
    assert.ok(printed.join('').includes(`${esc}[1m`));
    const visible = printed.join('').replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '');
    assert.ok(visible.split('\n').every((line) => line.length <= 50));
  });
});

describe('console exporter, streams that fail', () => {
  it('answers accepted when the stream took it', async () => {
    assert.deepEqual(await capturing().exporter.export([record({ id: 1 })], signal), { outcome: 'accepted' });
  });

  it('answers refused with the reason when the stream throws', async () => {
    const stream = {
      write(): never {
        throw new Error('disk full');
      },
    };
    const exporter = consoleExporter({ stream });
    const result = await exporter.export([record({ id: 1 })], signal);
    assert.deepEqual(result, { outcome: 'refused', reason: 'console: disk full' });
    assert.doesNotThrow(() => exporter.shutdown?.());
  });

  it('answers refused when the stream was destroyed or ended', async () => {
    const destroyed = new Writable({ write: (_chunk, _encoding, done) => done() }).destroy();
    const ended = new Writable({ write: (_chunk, _encoding, done) => done() });
    ended.end();
    for (const stream of [destroyed, ended]) {
      const result = await consoleExporter({ stream }).export([record({ id: 1 })], signal);
      assert.deepEqual(result, { outcome: 'refused', reason: 'console: the stream is closed' });
    }
  });

  it('keeps a broken pipe from ending the process', async () => {
    for (const later of [false, true]) {
      const broken = new Writable({
        write(_chunk, _encoding, done) {
          const fail = (): void => done(new Error('EPIPE'));
          if (later) setImmediate(fail);
          else fail();
        },
      });
      const closed = new Promise((resolve) => broken.on('close', resolve));
      await consoleExporter({ stream: broken }).export([record({ id: 1 })], signal);
      await closed;
    }
  });

  it('leaves no listener on a stream that works', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
    await consoleExporter({ stream }).export([record({ id: 1 })], signal);
    assert.equal(stream.listenerCount('error'), 0);
  });
});

describe('console()', () => {
  it('says where the spans go', () => {
    assert.equal(consoleExporter().name, 'console');
  });

  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{ strem: {} }, /unknown option "strem"; did you mean "stream"\?/],
    [{ colour: true }, /unknown option "colour"; known are stream, format/],
    [{ format: 'json' }, /"format" must be "tree" or "waterfall", got "json"/],
    [{ stream: {} }, /"stream" must be an object with a write\(text\) method/],
    [null, /expected an object of options, got null/],
  ];
  for (const [options, message] of wrong) {
    it(`throws a TypeError for ${JSON.stringify(options)}`, () => {
      assert.throws(() => consoleExporter(options as ConsoleOptions), { name: 'TypeError', message });
    });
  }
});
