import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The repository this test was compiled from: `dist/test/support/` is three folders below it. */
export const repositoryRoot: string = join(import.meta.dirname, '..', '..', '..');

/** The files of one entry in one module format: the declarations and the module. */
interface ExportTarget {
  readonly types: string;
  readonly default: string;
}

interface PackageManifest {
  readonly name: string;
  readonly bin: { readonly throughline: string };
  readonly sideEffects: readonly string[];
  readonly files: readonly string[];
  readonly exports: Readonly<
    Record<string, string | { readonly import: ExportTarget; readonly require: ExportTarget }>
  >;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** One door of the package: the name a user imports, and the source behind it. */
export interface Entry {
  /** `throughline/propagation` */
  readonly name: string;
  /** `src/propagation.ts` */
  readonly source: string;
  /** `propagation`, and `index` for `throughline` itself: its files in `lib/esm` and `lib/cjs`. */
  readonly file: string;
}

export function readManifest(): PackageManifest {
  return JSON.parse(readText('package.json')) as PackageManifest;
}

/** Every entry that holds code, from the list that it is built from, so that a new entry is tested without being listed. */
export function listEntries(): Entry[] {
  const { compilerOptions } = JSON.parse(readText('tsconfig.json')) as TypeScriptConfig;
  return Object.entries(compilerOptions.paths).map(([name, [source]]) => ({
    name,
    source: source.slice('./'.length),
    file: name.split('/')[1] ?? 'index',
  }));
}

interface TypeScriptConfig {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly [source: string]>> };
}

/** Reads a file of the repository, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'lib', 'results']);

/** Paths of all files below `folder`, from the root and with `/`. A folder that is not there holds none. */
export function listFiles(folder: string): string[] {
  const found: string[] = [];
  collectFiles(join(repositoryRoot, folder), found);
  return found.map((path) => relative(repositoryRoot, path).split(sep).join('/')).sort();
}

function collectFiles(folder: string, found: string[]): void {
  for (const child of readFolder(folder)) {
    const path = join(folder, child.name);
    if (child.isFile()) found.push(path);
    else if (child.isDirectory() && !SKIPPED_FOLDERS.has(child.name)) collectFiles(path, found);
  }
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
