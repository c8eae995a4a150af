import { ONE_LINE_SERVICE, ONE_LINE_SERVICE_PRINTS } from '../package/service-under-bundler.ts';
import type { ToolSet } from './tool-set.ts';

/** Runs the bundle \`file\` and holds it to the trace id that the service prints. */
const run = (file: string): string => `
import { execFileSync } from 'node:child_process';
const printed = execFileSync(process.execPath, ['${file}'], { encoding: 'utf8' });
if (!${String(ONE_LINE_SERVICE_PRINTS)}.test(printed)) throw new Error(printed);
`;

/** The bundlers of our own tests some years ago: a service of one line traces when they have bundled it. */
const olderBundlers: Readonly<Record<string, { readonly tools: ToolSet['dependencies']; readonly script: string }>> = {
  'esbuild 0.14.54': {
    tools: { esbuild: '0.14.54' },
    script: `
import { buildSync } from 'esbuild';
buildSync({ entryPoints: ['service.mjs'], outfile: 'out.cjs', bundle: true, platform: 'node', target: 'node16' });
${run('out.cjs')}`,
  },
  'rollup 2.79.2': {
    tools: { rollup: '2.79.2', '@rollup/plugin-node-resolve': '13.3.0' },
    script: `
import { rollup } from 'rollup';
import nodeResolve from '@rollup/plugin-node-resolve';
const bundle = await rollup({ input: 'service.mjs', plugins: [nodeResolve()] });
await bundle.write({ dir: 'out', format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
${run('out/service.mjs')}`,
  },
  'webpack 5.61.0': {
    tools: { webpack: '5.61.0' },
    script: `
import webpack from 'webpack';
const compiler = webpack({
  mode: 'production',
  target: 'node16',
  context: process.cwd(),
  entry: './service.mjs',
  output: { path: process.cwd() + '/out', filename: 'service.cjs' },
});
const stats = await new Promise((done, fail) => compiler.run((error, result) => (error ? fail(error) : done(result))));
if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
${run('out/service.cjs')}`,
  },
};

export const bundlerSets: readonly ToolSet[] = Object.entries(olderBundlers).map(([name, { tools, script }]) => ({
  name: name.replace(' ', '-'),
  dependencies: tools,
  files: { 'service.mjs': ONE_LINE_SERVICE, 'bundle.mjs': script },
  cells: [{ name, folder: '.', args: ['bundle.mjs'], nodes: [20] }],
}));
