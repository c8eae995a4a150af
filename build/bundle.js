/**
 * `npm run bundle`: makes `lib/`, which is what is published, of what the compiler left in `dist/`. Each entry is a
 * file in either module format, what entries share is in chunks beside them, and the declarations are there once, for
 * both. `--publish` leaves the source maps out.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { minify } from '@swc/core';
import MagicString from 'magic-string';
import { rollup } from 'rollup';
import { writeDeclarations } from './declarations.js';

const root = join(import.meta.dirname, '..');
const withMaps = !process.argv.includes('--publish');

/** The command starts by itself and nobody imports it: one format is enough. */
const COMMAND = { name: 'command', compiled: 'dist/cli/main.js' };

/**
 * What entries share, by who loads it: all of `by` and any of `and`; the first row that fits counts. So a service that
 * only traces starts with four files (these three and the door) and nothing in them that it does not import, and who
 * reads spans loads no tracer. What is in no row is rollup's to place.
 */
const SHARED = [
  { chunk: 'common', by: ['index'], and: ['analysis', 'exporters', 'redis', 'store', 'terminal', 'command'] },
  { chunk: 'tracer', by: ['index'], and: ['test'] },
  { chunk: 'setup', by: ['index'], and: ['propagation'] },
  { chunk: 'reading', by: ['store'], and: ['analysis', 'exporters', 'redis', 'test'] },
  { chunk: 'drawing', by: ['terminal'], and: ['analysis', 'exporters', 'test'] },
  { chunk: 'arguments', by: ['command'], and: ['command'] },
];

/**
 * Comments, spaces and the names of local variables are half of the bytes that are sent, read and kept in memory. Names
 * that a stack trace shows stay: of functions, methods (`#private` ones too) and classes.
 */
const NAMES = {
  compress: false,
  mangle: { toplevel: false, keep_fnames: true, keep_classnames: true, keep_private_props: true },
  // ASCII: one letter above Latin-1 doubles what V8 keeps of a file.
  format: { comments: false, asciiOnly: true },
};

/** An error shows the line that threw it. */
const LINE_LENGTH = 80;

const UUID = createRequire(import.meta.url).resolve('uuid');

/** `paths` of tsconfig.json is the one list of entries. `throughline` is `index` in `lib/`, `throughline/redis` is `redis`. */
function readEntries() {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  return Object.entries(compilerOptions.paths).map(([name, [source]]) => ({
    name: name.split('/')[1] ?? 'index',
    compiled: join('dist', source.replace(/\.ts$/, '.js')),
  }));
}

async function bundle(inputs, folder, output) {
  const input = Object.fromEntries(inputs.map(({ name, compiled }) => [name, join(root, compiled)]));
  const made = await rollup({
    input,
    external: isBuiltin,
    // Loading Node's own does nothing: an import that tree-shaking leaves without a name goes.
    treeshake: { moduleSideEffects: (_id, isExternal) => !isExternal },
    plugins: [uuidInside(), ownAddress(), compilerMaps()],
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(`rollup, ${folder}: ${message}`);
    },
  });
  await made.write({
    dir: join(root, 'lib', folder),
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    manualChunks: sharedChunks(input),
    sourcemap: withMaps,
    sourcemapExcludeSources: true,
    plugins: [renamed(), inLines()],
    ...output,
  });
  await made.close();
}

/** Rollup's question where a module goes, answered by {@link SHARED}. */
function sharedChunks(input) {
  const closures = new Map();
  return (id, { getModuleInfo }) => {
    const loads = (entry) => {
      if (!closures.has(entry)) closures.set(entry, closureOf(input[entry], getModuleInfo));
      return closures.get(entry).has(id);
    };
    // A door shares nothing, or what comes in by another would import it: the command starts when it is imported.
    if (Object.values(input).includes(id)) return undefined;
    return SHARED.find(({ by, and }) => by.every(loads) && and.some(loads))?.chunk;
  };
}

/** A module and all that it imports, and so on; not what it imports at first use. */
function closureOf(id, getModuleInfo, found = new Set()) {
  if (id === undefined || found.has(id)) return found; // an entry that this format does not have holds nothing
  found.add(id);
  for (const imported of getModuleInfo(id)?.importedIds ?? []) closureOf(imported, getModuleInfo, found);
  return found;
}

/** The two functions of uuid that we use, instead of the twenty files it loads. Its licence stands in `lib/`. */
function uuidInside() {
  return {
    name: 'uuid-inside',
    resolveId: (specifier) => (specifier === 'uuid' ? { id: UUID, moduleSideEffects: false } : undefined),
  };
}

/** What a module calls itself, where there is no `import.meta`. Rollup's own answer asks for a page first, and Jest may have one. */
function ownAddress() {
  return {
    name: 'own-address',
    resolveImportMeta: (property, { format }) =>
      format === 'cjs' && property === 'url' ? `require('node:url').pathToFileURL(__filename).href` : null,
  };
}

/** The maps of the bundles lead to the sources, not to what the compiler made of them. */
function compilerMaps() {
  return {
    name: 'compiler-maps',
    load(id) {
      if (!withMaps || !id.startsWith(join(root, 'dist'))) return undefined;
      return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') };
    },
  };
}

function renamed() {
  return {
    name: 'renamed',
    renderChunk: (code, _chunk, { format }) => minify(code, { ...NAMES, module: format === 'es', sourceMap: withMaps }),
  };
}

/** A statement begins a new line where the last one is long enough. */
function inLines() {
  return {
    name: 'in-lines',
    renderChunk(code) {
      const lines = new MagicString(code);
      let lineStart = 0;
      for (const at of statementsOf(this.parse(code))) {
        if (at - lineStart < LINE_LENGTH) continue;
        lines.appendLeft(at, '\n');
        lineStart = at;
      }
      return { code: lines.toString(), map: withMaps ? lines.generateMap({ hires: true }) : null };
    },
  };
}

/** Where the statements of a syntax tree begin, and the members of its classes, in the order of the text. */
function statementsOf(tree) {
  const found = [];
  const visit = (node) => {
    if (typeof node !== 'object' || node === null) return;
    const list = LISTS[node.type];
    if (list !== undefined) found.push(...node[list].map(({ start }) => start));
    Object.values(node).forEach(visit);
  };
  visit(tree);
  return found.sort((a, b) => a - b);
}

/** What holds statements one after the other, and under which name. */
const LISTS = {
  Program: 'body',
  BlockStatement: 'body',
  ClassBody: 'body',
  StaticBlock: 'body',
  SwitchCase: 'consequent',
};

rmSync(join(root, 'lib'), { recursive: true, force: true });
const entries = readEntries();
await bundle([...entries, COMMAND], 'esm', { format: 'es' });
await bundle(entries, 'cjs', { format: 'cjs', esModule: true, dynamicImportInCjs: false });
writeFileSync(join(root, 'lib', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
cpSync(join(dirname(UUID), '..', 'LICENSE.md'), join(root, 'lib', 'LICENSE-uuid.md'));
await writeDeclarations(root, entries);
