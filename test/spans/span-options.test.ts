import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as otel from '@opentelemetry/api';
import { type SpanOptions, span } from 'throughline';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { finished, onlySpan, throughline } from '../core/app-spans.ts';
import { runNode } from '../support/child-process.ts';

const clean = (test: () => Promise<void>): (() => Promise<void>) =>
  endsClean(async ({ watch }) => {
    watch(throughline);
    await test();
  });

describe('startTime', () => {
  const EPOCH_MS = 1_700_000_000_123.5;
  const forms: readonly [form: string, startTime: SpanOptions['startTime'], expected: number][] = [
    ['milliseconds since the epoch', EPOCH_MS, EPOCH_MS],
    ['a Date', new Date(1_700_000_000_123), 1_700_000_000_123],
    ['seconds and nanoseconds', [1_700_000_000, 123_500_000], EPOCH_MS],
    ['a reading of performance.now()', 1000, performance.timeOrigin + 1000],
  ];
  for (const [form, startTime, expected] of forms) {
    it(
      `is ${form}`,
      clean(async () => {
        span('job', { startTime }, (s) => s.end(expected + 250));
        const { startTimeMs, durationMs } = await onlySpan();
        assert.ok(Math.abs(startTimeMs - expected) < 0.001, `${startTimeMs}`);
        assert.ok(Math.abs(durationMs - 250) < 0.01, `${durationMs}`);
      }),
    );
  }

  it(
    'holds for scopes and children too, and makes durations long, never negative',
    clean(async () => {
      const hourAgo = Date.now() - 3_600_000;
      const scope = span('scope', { startTime: hourAgo });
      scope.child('child', { startTime: hourAgo + 1 }).end();
      scope.child('later', { startTime: Date.now() + 3_600_000 }).end();
      scope.end();
      const spans = await finished();
      assert.deepEqual(
        spans.map(({ name, durationMs }) => [name, durationMs >= 3_599_000, durationMs === 0]),
        [
          ['child', true, false],
          ['later', false, true],
          ['scope', true, false],
        ],
      );
    }),
  );
});

describe('kind', () => {
  const numbers = [otel.SpanKind.INTERNAL, otel.SpanKind.SERVER, otel.SpanKind.CLIENT, otel.SpanKind.PRODUCER];
  it(
    'may be the number that OpenTelemetry has for it',
    clean(async () => {
      for (const kind of [...numbers, otel.SpanKind.CONSUMER]) span('kind', { kind }, () => {});
      const kinds = (await finished()).map(({ kind }) => kind);
      assert.deepEqual(kinds, ['internal', 'server', 'client', 'producer', 'consumer']);
    }),
  );
});

describe('options that say nothing', () => {
  const wrong: readonly [name: string, options: unknown, line: string][] = [
    ['misspelt', { attribute: { a: 1 } }, 'unknown option "attribute"; did you mean "attributes"?'],
    ['unknown', { colour: 'red' }, 'unknown option "colour"; known are kind, attributes, parent, links, startTime'],
    ['null', null, 'its options must be an object, got null; it starts without'],
    ['number', 5, 'its options must be an object, got 5; it starts without'],
    [
      'kind',
      { kind: 'remote' },
      '"kind" must be one of internal, server, client, producer, consumer, or 0 to 4, got "remote"; it is internal',
    ],
    [
      'kind 9',
      { kind: 9 },
      '"kind" must be one of internal, server, client, producer, consumer, or 0 to 4, got 9; it is internal',
    ],
    [
      'time',
      { startTime: 'noon' },
      '"startTime" must be milliseconds, a Date or [seconds, nanoseconds], got "noon"; it starts now',
    ],
  ];
  for (const [name, options, line] of wrong) {
    it(
      `are said outside production, once a name, and the span is there: ${name}`,
      endsClean(async ({ watch, takeDiagnostics }) => {
        watch(throughline);
        assert.equal(
          span(name, options as SpanOptions, () => 7),
          7,
        );
        span(name, options as SpanOptions).end();
        span('around', (s) => s.child(name, options as SpanOptions).end());
        const spans = await finished();
        assert.deepEqual(
          spans.map(({ kind, startTimeMs }) => [kind, Math.abs(startTimeMs - Date.now()) < 60_000]),
          Array.from({ length: 4 }, () => ['internal', true]),
        );
        assert.deepEqual(takeDiagnostics(), [`span ${JSON.stringify(name)}: ${line}`]);
      }),
    );
  }

  it('are not said in production, nor once for each of many names', async () => {
    const code = `
      import { span, start } from 'throughline';
      start({ exporters: 'none' });
      for (let i = 0; i < 500; i++) span('name ' + i, { attribute: 1 }, () => ({ then() {} }));
    `;
    const lines = async (NODE_ENV: string): Promise<number> => {
      const { stderr } = await runNode(['--input-type=module', '-e', code], { variables: { NODE_ENV } });
      return stderr.split('\n').filter((line) => line.startsWith('throughline: span ')).length;
    };
    assert.deepEqual([await lines('production'), await lines('test')], [0, 40]);
  });
});
