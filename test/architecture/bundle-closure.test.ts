import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { outputOfNode } from '../support/child-process.ts';
import { listEntries, readManifest, repositoryRoot } from '../support/repository.ts';
import { type EntryClosure, measureClosure, sourcesOf } from './entry-closure.ts';

/** Of all modules, ours and others', that a service loads by `throughline`. */
const MAX_MODULES = 12;

/** The modules that a service that only traces must not load, whatever shares a file with what it needs. */
const NOT_FOR_TRACING = [
  /^(?:cli|src\/(?:analysis|store|terminal|testing))\//,
  /^src\/core\/doctor\/(?!copies\.ts|report\.ts)/,
  /^src\/formats\/(?:chrome|jaeger|otlp-json|zipkin)-/,
  /^src\/exporters\/(?:console|file|memory)/,
];

/** Of Node's own, what takes longer to load than all of ours: at first use, by lazyBuiltin(). */
const AT_FIRST_USE = ['node:crypto', 'node:https', 'node:tls', 'node:worker_threads', 'node:zlib'];

type Published = Pick<EntryClosure, 'files' | 'sources' | 'packages'>;

const formats: Readonly<Record<string, (entry: string) => Promise<Published>>> = {
  'ES modules': measureClosure,
  CommonJS: measureRequired,
};

describe('the import closure of what is published', () => {
  for (const [format, measure] of Object.entries(formats)) {
    it(`is a few files of our own for every entry, as ${format}`, async () => {
      for (const { name } of listEntries()) {
        const { files, packages } = await measure(name);
        assert.deepEqual(packages, [], name);
        assert.ok(files.length <= MAX_MODULES, `${name} loads ${files.join(', ')}`);
      }
    });

    it(`holds nothing for throughline that the modules do not load, as ${format}`, async () => {
      const { sources } = await measure('throughline');
      const compiled = await measureClosure(`${repositoryRoot}/dist/src/index.js`);
      assert.deepEqual(
        sources.filter((source) => !compiled.sources.includes(source)),
        [],
      );
      assert.deepEqual(
        sources.filter((source) => NOT_FOR_TRACING.some((room) => room.test(source))),
        [],
      );
    });
  }

  it('has of throughline none of what takes Node long to load', async () => {
    const { builtins } = await measureClosure('throughline');
    assert.deepEqual(
      AT_FIRST_USE.filter((name) => builtins.includes(name)),
      [],
    );
  });

  it('has the wiring of defaults where bundlers are told of side effects', async () => {
    for (const measure of Object.values(formats)) {
      const { files } = await measure('throughline');
      const wiring = files.find((file) => sourcesOf(file).includes('src/setup.ts'));
      assert.match(wiring ?? '', /^lib\/(?:esm|cjs)\/chunks\/setup\.js$/);
    }
    assert.ok(readManifest().sideEffects.includes('./lib/*/chunks/setup.js'));
  });
});

/** The code that `require` of an entry loads, in a fresh process. */
async function measureRequired(entry: string): Promise<Published> {
  const script = `require('${entry}'); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const loaded = JSON.parse(await outputOfNode(['--eval', script], { cwd: repositoryRoot })) as string[];
  const files = loaded.map((path) => relative(repositoryRoot, path).replaceAll('\\', '/')).sort();
  const ours = files.filter((file) => file.startsWith('lib/cjs/'));
  return {
    files: ours,
    sources: ours.flatMap(sourcesOf).sort(),
    packages: files.filter((file) => !ours.includes(file)),
  };
}
