import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, requestText, type ServerBench } from './bench.ts';

/** The app's work must read the same on the wire, whether it is traced or not. */
const SAMPLE: readonly string[] = [
  'GET /ok',
  'HEAD /ok',
  'GET /users/42?a=1',
  'GET /api/v1/ann/posts/7',
  'GET /bytes/1000',
  'GET /bytes/1000000',
  'GET /created',
  'GET /empty',
  'GET /unchanged',
  'GET /teapot',
  'GET /throws',
  'GET /rejects',
  'GET /fails',
  'GET /recovered',
  'GET /early',
  'GET /before',
  'GET /destroyed',
  'GET /nothing',
  'GET //',
  'GET /%',
  'OPTIONS *',
  'OPTIONS /users/7',
  'PURGE /ok',
  'POST /ok',
];

export function harmlessCases(bench: ServerBench): void {
  for (const line of SAMPLE) {
    test(`answers ${line} byte for byte as without tracing`, async () => {
      await bench.withApp({ tracing: 'off' }, async (untraced) => {
        const [expected, actual] = [await answer(untraced, line), await answer(bench.site, line)];
        assert.equal(actual, expected);
      });
    });
  }

  async function answer(site: ServerBench['site'], line: string): Promise<string> {
    const text = await exchange(site, requestText(line, ['Content-Length: 0']));
    return text.replace(/^Date: .*\r\n/m, '');
  }
}
