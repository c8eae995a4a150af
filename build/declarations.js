import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** `from './span.ts'` · `import('./span.ts')`: the compiler leaves the name of the source. */
const OTHER_FILE = /(\bfrom |\bimport\()(["'])(\.{1,2}\/[^"']+)\.ts\2/g;

/**
 * Writes the declarations that the entries reach to `lib/types`, and a door to each entry's beside either format.
 *
 * Once, not once a format: two declarations of a class with private fields are two types, and a project of both
 * formats could not hand the one's object to the other. They are CommonJS, since that is what both formats may import,
 * in every `moduleResolution`.
 */
export function writeDeclarations(root, entries) {
  const types = join(root, 'lib', 'types');
  const written = new Set();
  for (const { name, compiled } of entries) {
    const entry = compiled.replace(/\.js$/, '.d.ts');
    copyWithImports(join(root, entry));
    const door = `export * from '../types/${relative('dist', compiled)}';\n`;
    for (const format of ['esm', 'cjs']) writeText(join(root, 'lib', format, `${name}.d.ts`), door);
  }
  writeText(join(types, 'package.json'), '{ "type": "commonjs" }\n');

  function copyWithImports(file) {
    if (written.has(file)) return;
    written.add(file);
    const text = readFileSync(file, 'utf8');
    writeText(join(types, relative(join(root, 'dist'), file)), text.replace(OTHER_FILE, '$1$2$3.js$2'));
    for (const [, , , path] of text.matchAll(OTHER_FILE)) copyWithImports(join(dirname(file), `${path}.d.ts`));
  }
}

function writeText(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
