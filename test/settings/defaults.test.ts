import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { otlp, zipkin } from 'throughline/exporters';
import { resolveConfig } from '../../src/core/settings/config.ts';
import { DEFAULTS } from '../../src/core/settings/defaults.ts';
import { FILE_DEFAULTS } from '../../src/exporters/file.ts';
import { MEMORY_STORE_DEFAULTS } from '../../src/store/memory-store.ts';
import { REDIS_DEFAULTS } from '../../src/store/redis/defaults.ts';
import { readText } from '../support/repository.ts';

const config = resolveConfig({}, {}, assert.fail);

/** Each default as the code has it. */
const ROWS: readonly [where: string, option: string, value: unknown][] = [
  ['start', 'propagators', DEFAULTS.propagators],
  ['start', 'randomFlag', config.randomFlag],
  [
    'start',
    'sample',
    Number(config.sampler.atStart({ traceId: 'f'.repeat(32), traceState: undefined }, undefined, CLOCK())?.sampled),
  ],
  ['start', 'metrics', config.metrics],
  ['start', 'location', config.location],
  ...Object.entries(config.instrument).map(row('start', 'instrument.')),
  ['start', 'exporters', config.exporters],
  ['start', 'spool.mode', config.spool.mode],
  ['start', 'spool.maxBytes', config.spool.maxBytes],
  ['start', 'spool.maxAge', config.spool.maxAgeMs],
  ...Object.entries(config.limits).map(row('start', 'limits.')),
  ['variables', 'OTEL_BSP_SCHEDULE_DELAY', config.batch.delayMs],
  ['variables', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', config.batch.maxBatch],
  ['variables', 'OTEL_EXPORTER_OTLP_TIMEOUT', config.batch.timeoutMs],
  ['otlp', 'endpoint', otlp().destination],
  ['zipkin', 'endpoint', zipkin().destination],
  ...Object.entries(FILE_DEFAULTS).map(row('file', '')),
  ...Object.entries(FILE_DEFAULTS).map(row('fileStore', '')),
  ...Object.entries(MEMORY_STORE_DEFAULTS).map(row('memoryStore', '')),
  ['redis', 'ttl', `${REDIS_DEFAULTS.ttlSeconds / 86_400}d`],
  ['redis', 'maxTraceSpans', REDIS_DEFAULTS.maxTraceSpans],
  ['redis', 'live', REDIS_DEFAULTS.live],
];

function CLOCK(): { wallMs(): number; monotonicMs(): number } {
  return { wallMs: () => 0, monotonicMs: () => 0 };
}

function row(where: string, prefix: string): (entry: [string, unknown]) => [string, string, unknown] {
  return ([name, value]) => [where, prefix + name, value];
}

function cell(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return `\`${Array.isArray(value) ? `[${value.map((item) => `'${item}'`).join(', ')}]` : typeof value === 'string' ? `'${value}'` : value}\``;
}

describe('the table of defaults in docs/api.md', () => {
  it('says what the code does', () => {
    const lines = ROWS.map(([where, option, value]) => `| \`${where}\` | \`${option}\` | ${cell(value)} |`);
    const table = ['| of | option | default |', '|---|---|---|', ...lines].join('\n');
    assert.ok(readText('docs/api.md').includes(`\n${table}\n`), `it should hold:\n\n${table}\n`);
  });
});
