import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/**
 * Writes the declarations of the entries, bundled too: what no user can reach is left out, and what entries share is
 * declared once. They lie beside the CommonJS bundles; beside the ES modules a line passes them on.
 *
 * Once, not once a format: two declarations of a class with private fields are two types, and a project of both formats
 * could not hand the one's object to the other. As CommonJS, since that is what both formats may import, in every
 * `moduleResolution`.
 */
export async function writeDeclarations(root, entries) {
  const input = entries.map(({ name, compiled }) => [name, join(root, compiled.replace(/\.js$/, '.d.ts'))]);
  const made = await rollup({
    input: Object.fromEntries(input),
    external: /^node:/,
    plugins: [dts()],
    // Among them: a type that users meet and no entry exports, so that they cannot name what they export (TS2742).
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(`rollup, declarations: ${message}`);
    },
  });
  await made.write({
    dir: join(root, 'lib', 'cjs'),
    entryFileNames: '[name].d.ts',
    minifyInternalExports: false,
    chunkFileNames: ({ name }) => `types/${name.replace(/\.d$/, '')}.d.ts`,
  });
  await made.close();
  for (const { name } of entries) {
    writeFileSync(join(root, 'lib', 'esm', `${name}.d.ts`), `export * from '../cjs/${name}.js';\n`);
  }
}
