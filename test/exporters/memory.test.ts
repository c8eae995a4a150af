import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memory } from 'throughline/exporters';
import { exporterContract } from '../contract/suites/exporter.ts';
import { sampleRecord } from '../contract/suites/sample-record.ts';

const program = `
  import { memory } from 'throughline/exporters';
  const exporter = memory();
  await exporter.export([{}], new AbortController().signal);
  await exporter.shutdown?.();
`;

exporterContract('memory()', async () => {
  const exporter = memory();
  return { exporter, readBack: async () => exporter.spans, program };
});

it('keeps the records themselves, until reset', async () => {
  const exporter = memory();
  const record = sampleRecord();
  await exporter.export([record], new AbortController().signal);
  const before = exporter.spans;
  assert.equal(before[0], record);
  exporter.reset();
  assert.deepEqual(exporter.spans, []);
  assert.equal(before.length, 1);
});
