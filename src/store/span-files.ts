import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Bytes that spans are read from, as often as they are asked for. */
export interface SpanBytes {
  /** The path, or the name of what is no file. */
  readonly path: string;
  /** From the beginning, in chunks that may be overwritten when the next one is asked for. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** One file of a rotated set, open. */
export interface SpanFile extends SpanBytes {
  readonly handle: FileHandle;
  /** The file system's number of it: stays the same when the file is renamed. */
  readonly inode: number;
  readonly size: number;
}

/** More than anyone rotates; bounds the number of open files. */
const MAX_FILES = 200;

/**
 * Opens `spans.jsonl` and what was rotated away from it, the oldest first: `spans.jsonl.1`, `.2`, … (the higher the
 * older), and the Collector's `spans-2026-11-30T05-02-14.173.jsonl`; either may be compressed, with `.gz` behind its
 * name. A missing file is none.
 *
 * They are opened from the newest on: when a rotation comes between, a file is opened under its old
 * name and its new one, and of two with the same inode one is closed. The other way round the one in the
 * middle would be missed.
 */
export async function openSpanFiles(path: string): Promise<SpanFile[]> {
  const files: SpanFile[] = [];
  try {
    for await (const file of newestFirst(path)) {
      if (files.some((other) => other.inode === file.inode)) await file.handle.close();
      else files.unshift(file);
      if (files.length >= MAX_FILES) break;
    }
    return files;
  } catch (error) {
    await closeSpanFiles(files);
    throw error;
  }
}

async function* newestFirst(path: string): AsyncGenerator<SpanFile, void, undefined> {
  // A rotation renames one file after the other, from the oldest on: for a moment one name is missing.
  for (let n = 0, missing = 0; missing < 2; n++) {
    const name = n === 0 ? path : `${path}.${n}`;
    const file = (await openSpanFile(name)) ?? (n === 0 ? undefined : await openSpanFile(`${name}.gz`));
    missing = file === undefined ? missing + 1 : 0;
    if (file !== undefined) yield file;
  }
  for (const name of await datedNames(path)) {
    const file = await openSpanFile(name);
    if (file !== undefined) yield file;
  }
}

const DATED = /^-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/;

/** `data-2026-11-30T05-02-14.173.json` beside `data.json`, the latest first. */
async function datedNames(path: string): Promise<string[]> {
  const [folder, extension] = [dirname(path), extname(path)];
  const stem = basename(path, extension);
  const names = await readdir(folder).catch(() => []);
  const dated = names.filter((name) => {
    const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
    if (!plain.startsWith(stem) || !plain.endsWith(extension)) return false;
    return DATED.test(plain.slice(stem.length, plain.length - extension.length));
  });
  return dated
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/** `undefined` when there is none. */
export async function openSpanFile(path: string): Promise<SpanFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { ino, size } = await handle.stat();
    return { path, handle, inode: ino, size, bytes: () => inflated(chunksOf(handle)) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function closeSpanFiles(files: readonly SpanFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.handle.close()));
}

const CHUNK_BYTES = 256 * 1024;

async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** The same bytes, or what they unfold to where they begin as gzip does. */
export async function* inflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const rest = restOf(first.value, iterator);
  if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* gunzipped(rest);
  else yield* rest;
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip();
  // What goes wrong is told by the loop.
  pipeline(Readable.from(chunks, { objectMode: false }), gunzip).catch(() => {});
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw new Error('the gzip is cut short', { cause: error });
    throw code === 'Z_DATA_ERROR' ? new Error('the gzip is damaged', { cause: error }) : error;
  }
}

async function* restOf(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}
