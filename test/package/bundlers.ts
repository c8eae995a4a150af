import { dirname, join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';

/** The result of bundling: the file to run, and whatever the bundler had to say. */
interface Bundle {
  readonly file: string;
  readonly complaints: readonly string[];
}

/** Bundles the service `entry` into `folder`. */
type Bundler = (entry: string, folder: string) => Promise<Bundle>;

/** As their users run them for a service: everything in, Node's own modules out, nothing configured for us. */
export const bundlers: Readonly<Record<string, Bundler>> = {
  'esbuild to ESM': (entry, folder) => bundleWithEsbuild(entry, join(folder, 'service.mjs'), 'esm'),
  'esbuild to CommonJS': (entry, folder) => bundleWithEsbuild(entry, join(folder, 'service.cjs'), 'cjs'),
  webpack: bundleWithWebpack,
  rollup: bundleWithRollup,
};

async function bundleWithEsbuild(entry: string, file: string, format: 'esm' | 'cjs'): Promise<Bundle> {
  const { warnings } = await esbuild({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    minify: true,
    format,
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  return { file, complaints: warnings.map(({ text }) => text) };
}

function bundleWithWebpack(entry: string, folder: string): Promise<Bundle> {
  const compiler = webpack({
    mode: 'production',
    optimization: { minimize: false }, // seconds, and esbuild minifies already
    target: 'node20',
    context: dirname(entry),
    entry,
    output: { path: folder, filename: 'service.cjs' },
  });
  return new Promise((done, fail) => {
    compiler.run((error, stats) => {
      const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
      const complaints = [...errors, ...warnings].map(({ message }) => message);
      compiler.close(() => (error ? fail(error) : done({ file: join(folder, 'service.cjs'), complaints })));
    });
  });
}

async function bundleWithRollup(entry: string, folder: string): Promise<Bundle> {
  const complaints: string[] = [];
  const bundle = await rollup({
    input: { service: entry },
    plugins: [nodeResolve()], // rollup finds no package by itself
    onwarn: ({ message }) => complaints.push(message),
  });
  await bundle.write({ dir: folder, format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
  return { file: join(folder, 'service.mjs'), complaints };
}
