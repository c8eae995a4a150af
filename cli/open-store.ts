import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { openFileStore } from '../src/store/file-store.ts';
import type { pipeStore } from '../src/store/pipe-store.ts';
import type { SpanStore } from '../src/store/span-store.ts';
import { storeError } from '../src/store/store-error.ts';
import { type CommandArguments, quote } from './command-arguments.ts';
import { UsageError } from './exit-code.ts';
import type { Io } from './io.ts';
import { isRedisAddress } from './redis-address.ts';

/** The file that services write by `exporters: 'file'`. */
const DEFAULT_FILE = 'spans.jsonl';

/** The address of what comes through a pipe. */
const PIPE = '-';

/** Files of spans may be called by any name; a word that ends so is meant for a file even where there is none. */
const FILE_ENDINGS: ReadonlySet<string> = new Set(['.json', '.jsonl', '.ndjson', '.gz', '.log', '.txt']);

/** The store that a call is about, and its other words. */
export interface NamedStore {
  readonly address: string;
  readonly words: readonly string[];
}

/**
 * The store: `--store`, a bare word that can only be one, `THROUGHLINE_STORE`, or the default file when it is there.
 *
 * @throws UsageError when none or several are named
 */
export function namedStore(given: CommandArguments, io: Io): NamedStore {
  const bare = given.positionals.filter((word) => isStoreWord(word, io));
  const words = given.positionals.filter((word) => !bare.includes(word));
  const [address, second] = [...bare, given.text('store')].filter((one) => one !== undefined);
  if (second !== undefined)
    throw new UsageError(`one store at a time, got ${quote(address ?? '')} and ${quote(second)}`);
  return { address: address ?? usualStore(io), words };
}

/** The store where none is named. */
export function usualStore(io: Io): string {
  if (io.env.THROUGHLINE_STORE) return io.env.THROUGHLINE_STORE;
  if (isThere(resolve(io.cwd, DEFAULT_FILE))) return DEFAULT_FILE;
  throw new UsageError(
    `no store: name one by --store <file | redis://host:port> or THROUGHLINE_STORE (there is no ${DEFAULT_FILE} here, where exporters: 'file' writes)`,
  );
}

/** True for a word that can only be meant for a store: a pipe, an address, a file that is there or is called like one. */
export function isStoreWord(word: string, io: Io): boolean {
  return namesStore(word, io) || FILE_ENDINGS.has(extname(word)) || word.includes('/');
}

/** True for a pipe, an address, and a file that is there. */
export function namesStore(word: string, io: Io): boolean {
  return word === PIPE || isRedisAddress(word) || isFile(resolve(io.cwd, word));
}

/** Options of opening. */
export interface OpenOptions {
  /** A file that is not there yet is one that nothing was written to: for who waits for it. */
  readonly mayBeMissing?: boolean;
}

/**
 * Opens a store by its address.
 *
 * @throws UsageError when it is none, StoreError when it cannot be read
 */
export async function openStore(
  address: string,
  io: Io,
  { mayBeMissing = false }: OpenOptions = {},
): Promise<SpanStore> {
  if (isRedisAddress(address)) {
    const { openRedis } = await import('./redis-store.ts');
    return openRedis(address, io.cwd);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) {
    throw new UsageError(`--store must be a file or an address of Redis (redis://host:6379), got ${quote(address)}`);
  }
  const store = address === PIPE ? await openPipe(io) : await openFile(address, io, mayBeMissing);
  // Who waits for what is to come does not read what is there.
  if (!mayBeMissing) await store.check({ signal: io.signal });
  return store;
}

/** A pipe can be read once: who opens it again gets the same store. */
const pipes = new WeakMap<Io, ReturnType<typeof pipeStore>>();

async function openPipe(io: Io): Promise<ReturnType<typeof pipeStore>> {
  const module = await import('../src/store/pipe-store.ts');
  const store = pipes.get(io) ?? module.pipeStore(io.input, 'standard input');
  pipes.set(io, store);
  return store;
}

async function openFile(address: string, io: Io, mayBeMissing: boolean): Promise<ReturnType<typeof openFileStore>> {
  const path = resolve(io.cwd, address);
  if (!mayBeMissing && !isThere(path)) throw storeError(`there is no file ${address}`);
  if (isFolder(path)) throw storeError(`${address} is a folder: name the file in it`);
  const module = await import('../src/store/file-store.ts');
  return module.openFileStore({ path });
}

/** A set that was rotated may be without its first file for a moment. */
function isThere(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.1`);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
