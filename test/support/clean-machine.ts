import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readManifest, repositoryRoot } from './repository.ts';

/** A folder with nothing installed but the package, as npm would install it, and what it depends on. */
export interface CleanMachine {
  readonly folder: string;
  /** Writes a file below the folder and gives its full path. */
  write(path: string, text: string): string;
  remove(): void;
}

/**
 * Builds a project whose `node_modules` holds the published files of the package and its runtime
 * dependencies: copies, because through a link a tool would find every development dependency of the
 * repository, and a missing one would go unseen.
 */
export function createCleanMachine(): CleanMachine {
  // macOS hands out a linked temporary folder; bundlers compare real paths.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'throughline-')));
  installPackage(join(folder, 'node_modules'));
  return {
    folder,
    write(path, text) {
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
      return target;
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function installPackage(modules: string): void {
  const manifest = readManifest();
  const published = ['package.json', ...manifest.files.filter((pattern) => !pattern.startsWith('!'))];
  for (const path of published) copyPublished(path, join(modules, manifest.name, path));
  for (const name of Object.keys(manifest.dependencies)) copyPublished(`node_modules/${name}`, join(modules, name));
}

function copyPublished(path: string, target: string): void {
  cpSync(join(repositoryRoot, path), target, { recursive: true, filter: (source) => !source.endsWith('.map') });
}
