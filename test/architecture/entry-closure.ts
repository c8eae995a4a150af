import { join, posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { outputOfNode } from '../support/child-process.ts';
import { readText, repositoryRoot } from '../support/repository.ts';
import { sourcePath } from './import-rules.ts';
import { roomOf, wingOf } from './rooms.ts';

/** All that importing an entry really loads, sorted, each once. */
export interface EntryClosure {
  /** Built files of ours, from the root: `dist/src/index.js`, or `lib/esm/index.js`. */
  readonly files: readonly string[];
  /** The sources that these were made of: `src/index.ts`. A bundle's map says it. */
  readonly sources: readonly string[];
  /** Wings of the house: `src/core`, whatever of it. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  /** Node's modules that our own files ask for. */
  readonly builtins: readonly string[];
  /** Kinds of what would keep a process with nothing but this import alive: `process.getActiveResourcesInfo()`. */
  readonly resources: readonly string[];
}

interface Load {
  readonly url: string;
  readonly parent: string;
}

interface Left {
  readonly resources: readonly string[];
}

const PRINT_LOADS = join(import.meta.dirname, 'print-loads.js');

const measured = new Map<string, Promise<EntryClosure>>();

/** Imports an entry, or a file, in a fresh process, once for all who ask, and reports what came with it. */
export function measureClosure(entry: string): Promise<EntryClosure> {
  const closure = measured.get(entry) ?? measure(entry);
  measured.set(entry, closure);
  return closure;
}

async function measure(entry: string): Promise<EntryClosure> {
  const lines = parseLines(await outputOfNode([PRINT_LOADS, entry]));
  const loads = lines.flatMap((line) => ('url' in line ? [line] : []));
  const urls = loads.map((load) => load.url);
  const files = sorted(urls.filter(isOurs).map(repositoryPath));
  const sources = sorted(files.flatMap(sourcesOf));
  return {
    files,
    sources,
    rooms: sorted(sources.map(roomOfSource)),
    packages: sorted(urls.flatMap(packageOf)),
    builtins: sorted(loads.filter((load) => isOurs(load.parent)).flatMap(({ url }) => (isFile(url) ? [] : [url]))),
    resources: lines.flatMap((line) => ('resources' in line ? line.resources : [])),
  };
}

function parseLines(output: string): (Load | Left)[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Load | Left);
}

const ROOT = pathToFileURL(join(repositoryRoot, '/')).href;
const OURS = [`${ROOT}dist/`, `${ROOT}lib/`];

function isOurs(url: string): boolean {
  return OURS.some((folder) => url.startsWith(folder)) && !url.startsWith(`${ROOT}dist/test/`);
}

function isFile(url: string): boolean {
  return url.startsWith('file:');
}

function repositoryPath(url: string): string {
  return fileURLToPath(url).slice(join(repositoryRoot, '/').length).replaceAll('\\', '/');
}

/** The sources of ours that a built file holds. The generator of UUIDs lies in a bundle too. */
export function sourcesOf(file: string): string[] {
  if (file.startsWith('dist/')) return [sourcePath(file)];
  const { sources } = JSON.parse(readText(`${file}.map`)) as { sources: string[] };
  const paths = sources.map((source) => posix.join(posix.dirname(file), source));
  return paths.filter((path) => !path.startsWith('node_modules/'));
}

function roomOfSource(path: string): string {
  const room = roomOf(path);
  return room === undefined ? `no room: ${path}` : wingOf(room);
}

function packageOf(url: string): string[] {
  const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(url)?.[1];
  return name === undefined ? [] : [name];
}

function sorted(items: readonly string[]): string[] {
  return [...new Set(items)].sort();
}
