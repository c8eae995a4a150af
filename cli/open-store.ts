import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SpanStore } from '../src/store/span-store.ts';
import { storeError } from '../src/store/store-error.ts';
import { UsageError } from './exit-code.ts';
import { quote } from './given.ts';
import type { Io } from './io.ts';
import { isRedisAddress } from './redis-address.ts';

/** The file that services write by `exporters: 'file'`. */
const DEFAULT_FILE = 'spans.jsonl';

/** Which store is meant: `--store`, `THROUGHLINE_STORE`, or the default file when it is there. */
export function storeAddress(option: string | undefined, io: Io): string {
  const address = option ?? (io.env.THROUGHLINE_STORE || undefined);
  if (address !== undefined) return address;
  if (isThere(resolve(io.cwd, DEFAULT_FILE))) return DEFAULT_FILE;
  throw new UsageError(
    `no store: name one by --store <file | redis://host:port> or THROUGHLINE_STORE (there is no ${DEFAULT_FILE} here, where exporters: 'file' writes)`,
  );
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
  const path = resolve(io.cwd, address);
  if (!mayBeMissing && !isThere(path)) throw storeError(`there is no file ${address}`);
  if (isFolder(path)) throw storeError(`${address} is a folder: name the file in it`);
  const { fileStore } = await import('../src/store/file-store.ts');
  return fileStore({ path });
}

/** A set that was rotated may be without its first file for a moment. */
function isThere(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.1`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
