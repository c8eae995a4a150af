import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { outputOfNode } from '../support/child-process.ts';
import { repositoryRoot } from '../support/repository.ts';
import { sourcePath } from './import-rules.ts';
import { roomOf } from './rooms.ts';

/** What importing an entry really loads, sorted, each once. */
export interface EntryClosure {
  /** Built files of ours, from the root: `dist/src/index.js`. */
  readonly files: readonly string[];
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Node's modules that our own files ask for. */
  readonly builtins: readonly string[];
}

interface Load {
  readonly url: string;
  readonly parent: string;
}

const PRINT_LOADS = join(import.meta.dirname, 'print-loads.js');

/** Imports an entry in a fresh process and reports what came with it. */
export async function measureClosure(entry: string): Promise<EntryClosure> {
  const loads = parseLoads(await outputOfNode([PRINT_LOADS, entry]));
  const urls = loads.map((load) => load.url);
  const files = sorted(urls.filter(isOurs).map(repositoryPath));
  return {
    files,
    rooms: sorted(files.map(roomOfBuilt)),
    packages: sorted(urls.flatMap(packageOf)),
    builtins: sorted(loads.filter((load) => isOurs(load.parent)).flatMap(({ url }) => (isFile(url) ? [] : [url]))),
  };
}

function parseLoads(output: string): Load[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Load);
}

const OURS = new URL('dist/', pathToFileURL(join(repositoryRoot, '/'))).href;

function isOurs(url: string): boolean {
  return url.startsWith(OURS) && !url.startsWith(`${OURS}test/`);
}

function isFile(url: string): boolean {
  return url.startsWith('file:');
}

function repositoryPath(url: string): string {
  return fileURLToPath(url).slice(join(repositoryRoot, '/').length).replaceAll('\\', '/');
}

function roomOfBuilt(file: string): string {
  return roomOf(sourcePath(file))?.path ?? `no room: ${file}`;
}

function packageOf(url: string): string[] {
  const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url)?.[1];
  return name === undefined ? [] : [name];
}

function sorted(items: readonly string[]): string[] {
  return [...new Set(items)].sort();
}
