import { type FileHandle, open } from 'node:fs/promises';

/** One file of a rotated set, open. */
export interface SpanFile {
  readonly path: string;
  readonly handle: FileHandle;
  /** The file system's number of it: stays the same when the file is renamed. */
  readonly inode: number;
  readonly size: number;
}

/** More than anyone rotates; bounds the number of open files. */
const MAX_FILES = 200;

/**
 * Opens `spans.jsonl` and what was rotated away from it (`spans.jsonl.1`, `.2`, …; the higher the older):
 * the oldest first. A missing file is none.
 *
 * They are opened from the newest on: when a rotation comes between, a file is opened under its old
 * name and its new one, and of two with the same inode one is closed. The other way round the one in the
 * middle would be missed.
 */
export async function openSpanFiles(path: string): Promise<SpanFile[]> {
  const files: SpanFile[] = [];
  try {
    // A rotation renames one file after the other, from the oldest on: for a moment one name is missing.
    for (let n = 0, missing = 0; n < MAX_FILES && missing < 2; n++) {
      const file = await openSpanFile(n === 0 ? path : `${path}.${n}`);
      missing = file === undefined ? missing + 1 : 0;
      if (file === undefined) continue;
      if (files.some((other) => other.inode === file.inode)) {
        await file.handle.close();
      } else {
        files.unshift(file);
      }
    }
    return files;
  } catch (error) {
    await closeSpanFiles(files);
    throw error;
  }
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
    return { path, handle, inode: ino, size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function closeSpanFiles(files: readonly SpanFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.handle.close()));
}
