import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SHARED_NAME } from '../../propagation/shared-name.ts';
import { outputOfNode, runNode } from '../support/child-process.ts';
import { readText, repositoryRoot } from '../support/repository.ts';

const { version: VERSION } = JSON.parse(readText('package.json')) as { version: string };
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'throughline-copies-')));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of what is published, as another package of an app may have it in its own node_modules. */
function copyPackage(name: string): string {
  const target = join(folder, name, 'node_modules', 'throughline');
  mkdirSync(target, { recursive: true });
  cpSync(join(repositoryRoot, 'lib'), join(target, 'lib'), {
    recursive: true,
    filter: (source) => !source.endsWith('.map') && !source.endsWith('.d.ts'),
  });
  cpSync(join(repositoryRoot, 'package.json'), join(target, 'package.json'));
  return target;
}

/** The same as it will be in another version. */
function copyOfVersion(version: string): string {
  const target = copyPackage(`version-${version}`);
  const major = version.split('.', 1)[0];
  for (const path of readdirSync(join(target, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.js')) continue;
    const file = join(target, 'lib', path);
    const text = readFileSync(file, 'utf8');
    const changed = text.replaceAll(VERSION, version).replaceAll(SHARED_NAME, `throughline@${major}`);
    writeFileSync(file, changed);
  }
  return target;
}

const APP = join(import.meta.dirname, 'two-copies-app.js');

describe('two copies of the package', () => {
  const [a, b, later] = [copyPackage('a'), copyPackage('b'), copyOfVersion('0.9.0')];
  const pairs: readonly [claim: string, one: string, other: string][] = [
    ['imported from two folders', `${a}/lib/esm/index.js`, `${b}/lib/esm/index.js`],
    ['one required, one imported later', `${a}/lib/cjs/index.js`, `${b}/lib/esm/index.js`],
    ['one imported, one required later, of one folder', `${a}/lib/esm/index.js`, `${a}/lib/cjs/index.js`],
    ['of two versions of one major', `${a}/lib/esm/index.js`, `${later}/lib/cjs/index.js`],
  ];
  for (const [claim, one, other] of pairs) {
    it(`are one tracer, one trace and one exporter: ${claim}`, async () => {
      const { status, stdout, stderr } = await runNode([APP, one, other]);
      assert.equal(status, 0, stderr);
      const { copies, traces, ...found } = JSON.parse(stdout);
      assert.equal(traces.length, 1);
      const [trace] = traces;
      assert.deepEqual(found, {
        sameSpan: true,
        spans: [
          'client GET < ',
          'client GET < inner',
          'client GET < work',
          'internal deeper < scope',
          'internal inner < work',
          'internal scope < work',
          'internal work < GET',
          'server GET < GET',
        ],
        services: ['second'],
        sent: [
          { trace, baggage: 'tenant=acme,tier=gold' },
          { trace, baggage: 'tenant=acme,tier=gold' },
        ],
        started: [0, 8],
      });
      assert.equal(copies.state, 'ok');
      assert.match(copies.message, /^2 copies of throughline are loaded, and are one tracer: .*a\/node_modules/);
      const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('instrument.http needs Node 22'));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0] ?? '', /start\(\) was called again: the new configuration replaces the first/);
    });
  }
});

describe('copies of two major versions', () => {
  it('say so once, with both versions and places, and doctor() does', async () => {
    const [ours, theirs] = [copyPackage('ours'), copyOfVersion('1.2.3')];
    for (const [first, second] of [
      [`${ours}/lib/esm/index.js`, `${theirs}/lib/cjs/index.js`],
      [`${theirs}/lib/esm/index.js`, `${ours}/lib/esm/index.js`],
    ]) {
      const script = `
        import { createRequire } from 'node:module';
        const load = (file) => (file.includes('/cjs/') ? createRequire(file)(file) : import(file));
        const first = await load(${JSON.stringify(first)});
        const second = await load(${JSON.stringify(second)});
        const running = [first.start({ exporters: 'none' }), second.start({ exporters: 'none' })];
        first.span('mine', (mine) => console.log(second.current() === undefined, first.current() === mine));
        for (const each of running) {
          const report = await each.doctor();
          console.log(report.ok, JSON.stringify(report.checks.find(({ name }) => name === 'copies')));
        }
      `;
      const { status, stdout, stderr } = await runNode(['--input-type=module', '--eval', script]);
      assert.equal(status, 0, stderr);
      const [alone, ...reports] = stdout.trim().split('\n');
      assert.equal(alone, 'true true', 'each traces by itself');
      assert.equal(reports.length, 2);
      for (const report of reports) {
        assert.match(report, /^false .*"state":"error".*copies of two major versions are loaded/);
        assert.match(
          report,
          /0\.1\.0 from file:\S*ours\S*; 1\.2\.3 from|1\.2\.3 from file:\S*; 0\.1\.0 from file:\S*ours/,
        );
      }
      const lines = stderr.split('\n').filter((line) => line.includes('two major versions'));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0] ?? '', /^throughline: copies of two major versions/);
    }
  });
});

describe('the name that copies share', () => {
  it('carries the major version', async () => {
    assert.equal(SHARED_NAME, `throughline@${VERSION.split('.', 1)[0]}`);
    const script = `import 'throughline'; console.log(Symbol.for(${JSON.stringify(SHARED_NAME)}) in globalThis)`;
    assert.equal(await outputOfNode(['--input-type=module', '--eval', script]), 'true\n');
  });
});
