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
import { asCommonJs } from './common-js.js';
import { writeDeclarations } from './declarations.js';

const root = join(import.meta.dirname, '..');
const withMaps = !process.argv.includes('--publish');

/** The command starts by itself and nobody imports it: one format is enough. */
const COMMAND = { name: 'command', compiled: 'dist/cli/main.js' };

/**
 * Shared modules, by who loads them: all of `by` and any of `and`; the first row that fits counts. So a service that
 * only traces starts with five files (the first three and the door) and nothing in them that it does not import, and who
 * reads spans loads no tracer. What is in no row is rollup's to place.
 *
 * `pieces` keeps files below 32 kB: gzip looks back that far, and so finds the other format's file, which npm packs beside
 * it, and has next to nothing to add. What else a service loads stays whole: cut too, the archive is 360 kB instead of 420, but
 * five files more cost each start 0.25 MB and 5 ms of CPU (bench/load).
 */
const SHARED = [
  {
    chunk: 'common',
    pieces: 2,
    by: ['index'],
    and: ['analysis', 'exporters', 'redis', 'store', 'terminal', 'command'],
  },
  { chunk: 'tracer', pieces: 1, by: ['index'], and: ['test'] },
  { chunk: 'setup', pieces: 1, by: ['index'], and: ['propagation'] },
  { chunk: 'reading', pieces: 2, by: ['store'], and: ['analysis', 'exporters', 'redis', 'test'] },
  { chunk: 'drawing', pieces: 2, by: ['terminal'], and: ['analysis', 'exporters', 'test'] },
  { chunk: 'arguments', pieces: 1, by: ['command'], and: ['command'] },
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

async function bundle(entries) {
  const inputs = [...entries, COMMAND].map(({ name, compiled }) => [name, join(root, compiled)]);
  const input = Object.fromEntries(inputs);
  const made = await rollup({
    input,
    external: isBuiltin,
    // Loading Node's own does nothing: an import that tree-shaking leaves without a name goes.
    treeshake: { moduleSideEffects: (_id, isExternal) => !isExternal },
    plugins: [uuidInside(), compilerMaps()],
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(`rollup: ${message}`);
    },
  });
  const output = {
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    manualChunks: sharedChunks(input),
    sourcemap: withMaps,
    sourcemapExcludeSources: true,
  };
  const finish = [renamed(), inLines()];
  await made.write({ ...output, dir: join(root, 'lib', 'esm'), plugins: finish });
  const toCommonJs = [...finish, asCommonJs(withMaps), without(COMMAND.name)];
  await made.write({ ...output, dir: join(root, 'lib', 'cjs'), plugins: toCommonJs });
  await made.close();
}

/** Leaves an entry out, and what only it needs. */
function without(name) {
  return {
    name: 'without',
    generateBundle(_options, files) {
      const needed = new Set();
      const need = (file) => {
        if (needed.has(file) || files[file] === undefined) return;
        needed.add(file);
        for (const other of [...files[file].imports, ...files[file].dynamicImports]) need(other);
      };
      for (const { isEntry, name: entry, fileName } of Object.values(files))
        if (isEntry && entry !== name) need(fileName);
      for (const file of Object.keys(files)) if (!needed.has(file.replace(/\.map$/, ''))) delete files[file];
    },
  };
}

/** Rollup's question where a module goes, answered by {@link SHARED}. */
function sharedChunks(input) {
  let places;
  return (id, { getModuleInfo }) => {
    places ??= placesOf(input, getModuleInfo);
    return places.get(id);
  };
}

function placesOf(input, getModuleInfo) {
  const closures = new Map(Object.entries(input).map(([name, id]) => [name, closureOf(id, getModuleInfo)]));
  const loads = (entry, id) => closures.get(entry).has(id);
  const places = new Map();
  const modules = new Set([...closures.values()].flatMap((closure) => [...closure]));
  // A door shares nothing, or what comes in by another would import it: the command starts when it is imported.
  for (const door of Object.values(input)) modules.delete(door);
  for (const { chunk, pieces, by, and } of SHARED) {
    const fits = [...modules].filter(
      (id) => by.every((entry) => loads(entry, id)) && and.some((entry) => loads(entry, id)),
    );
    for (const id of fits) modules.delete(id);
    for (const [id, piece] of cut(fits, pieces, getModuleInfo)) {
      places.set(id, piece === pieces ? chunk : `${chunk}-${piece}`);
    }
  }
  return places;
}

/** Pieces of about one size, counted from 1. Modules come after what they import, so no piece imports a later one. */
function cut(modules, pieces, getModuleInfo) {
  const sizes = modules.map((id) => getModuleInfo(id).code.length);
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  return modules.map((id, index) => {
    const piece = Math.floor((before / whole) * pieces) + 1;
    before += sizes[index];
    return [id, piece];
  });
}

/** All that a module imports, and so on, and itself at the end; not what it imports at first use. */
function closureOf(id, getModuleInfo, found = new Set(), seen = new Set()) {
  if (seen.has(id) || isBuiltin(id)) return found;
  seen.add(id);
  for (const imported of getModuleInfo(id).importedIds) closureOf(imported, getModuleInfo, found, seen);
  return found.add(id);
}

/** The two functions of uuid that we use, instead of the twenty files it loads. Its licence stands in `lib/`. */
function uuidInside() {
  return {
    name: 'uuid-inside',
    resolveId: (specifier) => (specifier === 'uuid' ? { id: UUID, moduleSideEffects: false } : undefined),
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
    renderChunk: (code) => minify(code, { ...NAMES, module: true, sourceMap: withMaps }),
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

/** The beginnings of a syntax tree's statements, and of the members of its classes, in the order of the text. */
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

/** The nodes that hold statements one after the other, and under which name. */
const LISTS = {
  Program: 'body',
  BlockStatement: 'body',
  ClassBody: 'body',
  StaticBlock: 'body',
  SwitchCase: 'consequent',
};

rmSync(join(root, 'lib'), { recursive: true, force: true });
const entries = readEntries();
await bundle(entries);
writeFileSync(join(root, 'lib', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
cpSync(join(dirname(UUID), '..', 'LICENSE.md'), join(root, 'lib', 'LICENSE-uuid.md'));
await writeDeclarations(root, entries);
