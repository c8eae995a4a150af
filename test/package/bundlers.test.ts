import assert from 'node:assert/strict';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { build as esbuild } from 'esbuild';
import { type Plugin, rollup } from 'rollup';
import webpack from 'webpack';
import { outputOfNode } from '../support/child-process.ts';
import { createCleanMachine } from '../support/clean-machine.ts';
import { EXPECTED, SERVICE } from './service-under-bundler.ts';

// No framework and no axios is installed here: a bundle that asked for one would not build, or not run.
const machine = createCleanMachine();
after(() => machine.remove());
const service = machine.write('service.js', SERVICE);

async function runBundle(path: string): Promise<unknown> {
  return JSON.parse(await outputOfNode([path], { cwd: machine.folder }));
}

describe('a bundled service', () => {
  for (const [format, file] of [
    ['esm', 'esbuild.mjs'],
    ['cjs', 'esbuild.cjs'],
  ] as const) {
    it(`traces when esbuild makes it one ${format} file`, async () => {
      const outfile = join(machine.folder, 'esbuild', file);
      const { warnings } = await esbuild({
        entryPoints: [service],
        outfile,
        bundle: true,
        minify: true,
        format,
        platform: 'node',
        target: 'node20',
        logLevel: 'silent',
      });
      assert.deepEqual(warnings, []);
      assert.deepEqual(await runBundle(outfile), EXPECTED);
    });
  }

  it('traces when webpack bundles it', async () => {
    const folder = join(machine.folder, 'webpack');
    assert.deepEqual(await bundleWithWebpack(folder), []);
    assert.deepEqual(await runBundle(join(folder, 'main.js')), EXPECTED);
  });

  it('traces when rollup bundles it', async () => {
    const folder = join(machine.folder, 'rollup');
    assert.deepEqual(await bundleWithRollup(folder), []);
    assert.deepEqual(await runBundle(join(folder, 'service.mjs')), EXPECTED);
  });
});

/** Resolves to the warnings and errors. */
function bundleWithWebpack(folder: string): Promise<readonly string[]> {
  const compiler = webpack({
    mode: 'production',
    target: 'node20',
    context: machine.folder,
    entry: service,
    output: { path: folder, filename: 'main.js' },
  });
  return new Promise((done, fail) => {
    compiler.run((error, stats) => {
      const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
      compiler.close(() => (error ? fail(error) : done([...errors, ...warnings].map(({ message }) => message))));
    });
  });
}

/** Resolves to the warnings. */
async function bundleWithRollup(folder: string): Promise<readonly string[]> {
  const warnings: string[] = [];
  const bundle = await rollup({
    input: service,
    plugins: [resolveAsNode()],
    onwarn: ({ message }) => warnings.push(message),
  });
  await bundle.write({ dir: folder, format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
  return warnings;
}

/** Rollup resolves no package by itself; Node's own rules are all that is needed. */
function resolveAsNode(): Plugin {
  return {
    name: 'resolve-as-node',
    resolveId(specifier, importer) {
      if (isBuiltin(specifier)) return { id: specifier, external: true };
      if (importer === undefined) return specifier;
      if (specifier.startsWith('.')) return resolve(dirname(importer), specifier);
      return createRequire(importer).resolve(specifier);
    },
  };
}
