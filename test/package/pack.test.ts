import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { runChild } from '../support/child-process.ts';
import { listEntries, readManifest, readText } from '../support/repository.ts';
import { linksOf } from './doc-links.ts';

interface PackReport {
  readonly files: readonly { readonly path: string }[];
  /** Bytes of the archive. */
  readonly size: number;
  /** Bytes on the user's disk. */
  readonly unpackedSize: number;
}

/** Caps, to be raised only with a feature that is worth its bytes. */
const MAX_ARCHIVE_BYTES = 450_000;
const MAX_UNPACKED_BYTES = 2_000_000;

describe('the published package', () => {
  let report: PackReport;
  before(async () => {
    report = await packDryRun();
  });

  it('holds the bundles, the declarations, the manifest and the papers, nothing else', () => {
    const expected =
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|docs\/.+\.md|lib\/(?:LICENSE-uuid\.md|cjs\/package\.json|.+\.(?:js|d\.ts)))$/;
    const strays = report.files.map(({ path }) => path).filter((path) => !expected.test(path));
    assert.deepEqual(strays, []);
    for (const path of ['package.json', 'README.md', 'LICENSE', 'lib/LICENSE-uuid.md', 'docs/api.md']) {
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

  it('has every entry in both formats, with types for either and for a resolution that knows no exports', () => {
    const { exports, typesVersions, bin } = readManifest();
    const entries = listEntries().map(({ name, file }) => [name.replace('throughline', '.'), file] as const);
    const targets = (format: string, file: string) => ({
      types: `./lib/${format}/${file}.d.ts`,
      default: `./lib/${format}/${file}.js`,
    });
    assert.deepEqual(exports, {
      ...Object.fromEntries(
        entries.map(([subpath, file]) => [subpath, { import: targets('esm', file), require: targets('cjs', file) }]),
      ),
      './package.json': './package.json',
    });
    const behindNames = entries.slice(1).map(([, file]) => [file, [`./lib/cjs/${file}.d.ts`]]);
    assert.deepEqual(typesVersions, { '*': Object.fromEntries(behindNames) });
    for (const [, file] of entries) {
      for (const path of Object.values({ ...targets('esm', file), ...targets('cjs', file) })) {
        assert.ok(holds(path.slice('./'.length)), path);
      }
    }
    assert.ok(holds(bin.throughline));
  });

  it('holds what its README and its CHANGELOG link to', () => {
    const dead = ['README.md', 'CHANGELOG.md'].flatMap((paper) =>
      linksOf(readText(paper)).filter((link) => !holds(link.split('#')[0] || paper)),
    );
    assert.deepEqual(dead, []);
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
