import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The repository this test was compiled from: `dist/test/support/` is three folders below it. */
export const repositoryRoot: string = join(import.meta.dirname, '..', '..', '..');

interface PackageManifest {
  readonly name: string;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** One door of the package: the name a user imports, and the built file behind it. */
export interface Entry {
  /** `throughline/propagation` */
  readonly name: string;
  /** `dist/src/propagation.js` */
  readonly file: string;
}

export function readManifest(): PackageManifest {
  return JSON.parse(readText('package.json')) as PackageManifest;
}

/** Every entry that holds code, from the exports map itself, so that a new entry is tested without being listed. */
export function listEntries(): Entry[] {
  const { name, exports } = readManifest();
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : [{ name: name + subpath.slice(1), file: target.default.slice('./'.length) }],
  );
}

/** Reads a file of the repository, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'results']);

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
