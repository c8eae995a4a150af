import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { runChild } from '../support/child-process.ts';
import { readManifest } from '../support/repository.ts';

interface PackReport {
  readonly files: readonly { readonly path: string }[];
  /** Bytes of the archive. */
  readonly size: number;
  /** Bytes on the user's disk. */
  readonly unpackedSize: number;
}

/** Caps, to be raised only with a feature that is worth its bytes. */
const MAX_ARCHIVE_BYTES = 600_000;
const MAX_UNPACKED_BYTES = 2_200_000;

describe('the published package', () => {
  let report: PackReport;
  before(async () => {
    report = await packDryRun();
  });

  it('holds the built rooms, the manifest and the papers, nothing else', () => {
    const expected =
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/(?:src|propagation|middleware|cli)\/.+\.(?:js|d\.ts))$/;
    const strays = report.files.map(({ path }) => path).filter((path) => !expected.test(path));
    assert.deepEqual(strays, []);
    for (const path of ['package.json', 'README.md', 'LICENSE', 'dist/src/index.js', 'dist/src/index.d.ts']) {
      assert.ok(holds(path), `${path} is missing`);
    }
  });

  it('is small', (t) => {
    const { size, unpackedSize, files } = report;
    t.diagnostic(`${files.length} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`);
    assert.ok(size <= MAX_ARCHIVE_BYTES, `${size} bytes packed`);
    assert.ok(unpackedSize <= MAX_UNPACKED_BYTES, `${unpackedSize} bytes unpacked`);
  });

  it('depends on uuid alone', () => {
    assert.deepEqual(Object.keys(readManifest().dependencies), ['uuid']);
  });

  it('holds the file behind every export', () => {
    for (const [subpath, target] of Object.entries(readManifest().exports)) {
      const files = typeof target === 'string' ? [target] : Object.values(target);
      for (const file of files) assert.ok(holds(file.slice('./'.length)), `${subpath} → ${file}`);
    }
  });

  function holds(path: string): boolean {
    return report.files.some((file) => file.path === path);
  }
});

/** Without scripts: `prepack` would delete the build that the other tests are running. */
async function packDryRun(): Promise<PackReport> {
  const { status, stdout, stderr } = await runChild('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
  assert.equal(status, 0, stderr);
  const [report] = JSON.parse(stdout) as PackReport[];
  assert.ok(report, stdout);
  return report;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
