import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runNode } from '../support/child-process.ts';

const FIRST_USE = "import { span } from 'throughline'; span('a', () => {});";
const STARTED = "import { span, start } from 'throughline'; start({ spool: 'off' }); span('a', () => {});";

async function saysSo(code: string, variables: NodeJS.ProcessEnv): Promise<boolean> {
  const alone = { NODE_ENV: undefined, THROUGHLINE_SPOOL: 'off', OTEL_EXPORTER_OTLP_ENDPOINT: undefined, ...variables };
  const { stderr } = await runNode(['--input-type=module', '-e', code], { variables: alone });
  return stderr.includes('cannot send spans to http://127.0.0.1:');
}

it('a test run that never called start() ends without a line about a collector that nobody named', async () => {
  const said = await Promise.all([
    saysSo(FIRST_USE, { NODE_ENV: 'test' }),
    saysSo(FIRST_USE, { JEST_WORKER_ID: '1' }),
    saysSo(FIRST_USE, {}),
    saysSo(STARTED, { NODE_ENV: 'test' }),
    saysSo(FIRST_USE, { NODE_ENV: 'test', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
  ]);
  assert.deepEqual(said, [false, false, true, true, true]);
});
