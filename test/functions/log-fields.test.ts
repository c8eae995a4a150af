import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { logFields, span, winstonFormat } from 'throughline';
import { createLogger, format, transports } from 'winston';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { finished, onlySpan, throughline } from '../core/app-spans.ts';

/** A stream that keeps the JSON lines written to it. */
function lines(): { stream: Writable; lines: Record<string, unknown>[] } {
  const kept: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      kept.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { stream, lines: kept };
}

function pick({ trace_id, span_id, trace_flags }: Record<string, unknown>): unknown[] {
  return [trace_id, span_id, trace_flags];
}

describe('logFields', () => {
  it(
    'names the active span, and nothing where there is none',
    endsClean(async ({ watch }) => {
      watch(throughline);
      assert.deepEqual(logFields(), {});
      span('active', (s) => {
        assert.deepEqual(logFields(), { trace_id: s.traceId, span_id: s.spanId, trace_flags: '01' });
      });
      await onlySpan();
    }),
  );

  it('follows scopes and awaits', async () => {
    await span('async', async (s) => {
      await undefined;
      assert.equal(logFields().span_id, s.spanId);
      using inner = span('inner');
      assert.equal(logFields().span_id, inner.spanId);
    });
  });

  it('names the trace of another service that goes on here, with its flags in two digits', () => {
    const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 0 };
    span('unsampled', { parent }, (s) => {
      assert.deepEqual(logFields(), { trace_id: parent.traceId, span_id: s.spanId, trace_flags: '00' });
    });
  });

  it('is a mixin of pino', () => {
    const out = lines();
    const log = pino({ mixin: logFields }, out.stream);
    log.info('outside');
    const inside = span('inside', (s) => {
      log.info({ user: 1 }, 'inside');
      log.child({ module: 'stock' }).warn('child');
      log.info({ trace_id: 'mine' }, 'own');
      return s;
    });
    const expected = [inside.traceId, inside.spanId, '01'];
    assert.deepEqual(out.lines.map(pick), [
      [undefined, undefined, undefined],
      expected,
      expected,
      ['mine', inside.spanId, '01'],
    ]);
    assert.deepEqual(
      out.lines.map(({ msg }) => msg),
      ['outside', 'inside', 'child', 'own'],
    );
  });

  it('is a format of winston', () => {
    const out = lines();
    const log = createLogger({
      format: format.combine(winstonFormat(), format.json()),
      transports: [new transports.Stream({ stream: out.stream })],
    });
    log.info('outside');
    const inside = span('inside', (s) => {
      log.info('inside', { user: 1 });
      log.child({ module: 'stock' }).warn('child');
      log.info('own', { trace_id: 'mine' });
      return s;
    });
    const expected = [inside.traceId, inside.spanId, '01'];
    assert.deepEqual(out.lines.map(pick), [
      [undefined, undefined, undefined],
      expected,
      expected,
      ['mine', inside.spanId, '01'],
    ]);
    assert.deepEqual(
      out.lines.map(({ message }) => message),
      ['outside', 'inside', 'child', 'own'],
    );
  });

  it('holds for lines that winston keeps waiting only through defaultMeta', async () => {
    const written: string[][] = [];
    const waiting: (() => void)[] = [];
    class SlowTransport extends transports.Stream {
      override log(info: Record<string, string>, done: () => void): void {
        written.push([info.span_id ?? 'lost', info.meta ?? 'lost']);
        waiting.push(done);
      }
    }
    const log = createLogger({
      defaultMeta: {
        get meta() {
          return logFields().span_id;
        },
      },
      format: winstonFormat(),
      transports: [new SlowTransport({ stream: lines().stream })],
    });
    const { spanId } = span('inside', (s) => {
      for (let n = 0; n < 60; n++) log.info(`line ${n}`);
      return s;
    });
    while (written.length < 60) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(
      written.some(([fromFormat]) => fromFormat === 'lost'),
      'the buffer was full: what the documents warn of',
    );
    assert.ok(written.every(([, fromMeta]) => fromMeta === spanId));
  });
});

it('span.log is an event of the span, with its attributes', async () => {
  await finished();
  const before = Date.now();
  span('shop', (s) => s.log('asked stock', { item: 'pear', n: 2 }).log('answered'));
  const [asked, answered] = (await onlySpan()).events;
  assert.deepEqual([asked?.name, asked?.attributes], ['asked stock', { item: 'pear', n: 2 }]);
  assert.deepEqual([answered?.name, answered?.attributes], ['answered', {}]);
  assert.ok(Number(asked?.timeMs) >= before && Number(asked?.timeMs) <= Number(answered?.timeMs));
});
