import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { outputOfNode } from '../support/child-process.ts';

const SCRIPT = fileURLToPath(new URL('./bounded-state.js', import.meta.url));

describe('names and keys that nobody used before', () => {
  it('leave less than 2 MB behind, after 100,000 of each, ended or on one open span', async (t) => {
    const output = await outputOfNode(['--expose-gc', SCRIPT]);
    const { grownBytes, openBytes, ended } = JSON.parse(output) as Record<string, number>;
    t.diagnostic(`${grownBytes} bytes after spans that ended, ${openBytes} on one that is open`);
    assert.ok((grownBytes ?? Number.NaN) < 2 * 1024 * 1024, `${grownBytes} bytes`);
    assert.ok((openBytes ?? Number.NaN) < 2 * 1024 * 1024, `${openBytes} bytes`);
    assert.equal(ended, 220_001);
  });
});
