import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { outputOfNode } from '../support/child-process.ts';
import { atLength } from '../support/full-length.ts';

const SCRIPT = fileURLToPath(new URL('./bounded-state.js', import.meta.url));

/** A name that stayed would take 40 bytes at least: what nobody may keep shows at either length. */
const COUNT: number = atLength({ full: 100_000, suite: 20_000 });
const MOST_BYTES: number = atLength({ full: 2, suite: 1 }) * 2 ** 20;

describe('names and keys that nobody used before', () => {
  it(`leave less than ${MOST_BYTES / 2 ** 20} MB behind, after ${COUNT} of each, ended or on one open span`, async (t) => {
    const output = await outputOfNode(['--expose-gc', SCRIPT, String(COUNT)]);
    const { grownBytes, openBytes, ended } = JSON.parse(output) as Record<string, number>;
    t.diagnostic(`${grownBytes} bytes after spans that ended, ${openBytes} on one that is open`);
    assert.ok((grownBytes ?? Number.NaN) < MOST_BYTES, `${grownBytes} bytes`);
    assert.ok((openBytes ?? Number.NaN) < MOST_BYTES, `${openBytes} bytes`);
    assert.equal(ended, COUNT * 2 + COUNT / 5 + 1);
  });
});
