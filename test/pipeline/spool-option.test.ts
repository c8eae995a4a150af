import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { type StartOptions, start } from 'throughline';
import type { SpoolSettings } from '../../src/core/pipeline/spool/spool.ts';
import { resolveConfig } from '../../src/core/settings/config.ts';

function spoolOf(spool?: StartOptions['spool'], variables: Record<string, string> = {}): SpoolSettings {
  const options = spool === undefined ? {} : { spool };
  return resolveConfig(options, variables, (message) => assert.fail(message)).spool;
}

const HOUR_MS = 3_600_000;

describe('the spool option', () => {
  it('is overflow by default: 64 MiB, a day, the default folder', () => {
    const expected = { mode: 'overflow', directory: undefined, maxBytes: 64 * 1024 * 1024, maxAgeMs: 24 * HOUR_MS };
    assert.deepEqual(spoolOf(), expected);
    assert.deepEqual(spoolOf({}), expected);
  });

  it('is a mode, or an object', () => {
    assert.equal(spoolOf('ahead').mode, 'ahead');
    const object = { mode: 'ahead', directory: '/a', maxBytes: 100_000, maxAge: '30m' } as const;
    assert.deepEqual(spoolOf(object), { mode: 'ahead', directory: '/a', maxBytes: 100_000, maxAgeMs: HOUR_MS / 2 });
  });

  for (const [maxAge, ms] of [
    [1500, 1500],
    ['250ms', 250],
    ['90s', 90_000],
    ['36h', 36 * HOUR_MS],
    ['2d', 48 * HOUR_MS],
  ] as const) {
    it(`takes ${JSON.stringify(maxAge)} for ${ms} ms`, () => assert.equal(spoolOf({ maxAge }).maxAgeMs, ms));
  }

  it('comes before the variables', () => {
    const variables = { THROUGHLINE_SPOOL: 'off', THROUGHLINE_SPOOL_DIRECTORY: '/env' };
    assert.deepEqual([spoolOf(undefined, variables).mode, spoolOf(undefined, variables).directory], ['off', '/env']);
    assert.deepEqual([spoolOf('ahead', variables).mode, spoolOf('ahead', variables).directory], ['ahead', '/env']);
    assert.equal(spoolOf({ directory: '/code' }, variables).directory, '/code');
  });

  it('keeps its folder when the app changes the current one', () => {
    assert.equal(spoolOf({ directory: 'spans' }).directory, resolve('spans'));
  });

  it('that is a wrong variable is warned about and ignored', () => {
    const said: string[] = [];
    const { spool } = resolveConfig({}, { THROUGHLINE_SPOOL: 'on' }, (message) => said.push(message));
    assert.deepEqual([spool.mode, said.length], ['overflow', 1]);
    assert.match(said[0] ?? '', /^THROUGHLINE_SPOOL: "on" is not known here/);
  });

  const wrong: readonly [spool: unknown, message: string][] = [
    ['on', '"spool" must be "overflow", "ahead", "off" or { mode, directory, maxBytes, maxAge }, got "on"'],
    [5, '"spool" must be "overflow", "ahead", "off" or { mode, directory, maxBytes, maxAge }, got 5'],
    [[], '"spool" must be "overflow", "ahead", "off" or { mode, directory, maxBytes, maxAge }, got an array'],
    [
      '/var/spool',
      '"spool" must be "overflow", "ahead", "off" or { mode, directory, maxBytes, maxAge }, got "/var/spool"; for a folder write { directory: "/var/spool" }',
    ],
    [{ mod: 'off' }, 'unknown option "spool.mod"; did you mean "mode"?'],
    [{ mode: 1 }, '"spool.mode" must be "overflow" or "ahead" or "off", got 1'],
    [{ directory: '' }, '"spool.directory" must be the path of a folder, got ""'],
    [{ maxBytes: 100 }, '"spool.maxBytes" must be a whole number of bytes, 65536 or more, got 100'],
    [{ maxAge: '1 day' }, '"spool.maxAge" must be milliseconds or a time such as "24h", got "1 day"'],
    [{ maxAge: 0 }, '"spool.maxAge" must be milliseconds or a time such as "24h", got 0'],
  ];
  for (const [spool, message] of wrong) {
    it(`that is wrong throws: ${JSON.stringify(spool)}`, () => {
      assert.throws(() => start({ spool } as StartOptions), {
        name: 'TypeError',
        code: 'ERR_THROUGHLINE_OPTION',
        message: `start(): ${message}`,
      });
    });
  }
});
