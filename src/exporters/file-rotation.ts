import { type FileHandle, rename, rm, stat } from 'node:fs/promises';

/**
 * Makes `path` free for a new file: what is there becomes `path.1`, `path.1` becomes `path.2`, and so on.
 * `maxFiles` counts the new one too; what would be one more is removed. Begins with the oldest, so that
 * a process that is killed in the middle leaves a gap in the numbers and loses nothing.
 */
export async function rotateFiles(path: string, maxFiles: number): Promise<void> {
  const last = maxFiles - 1;
  if (last === 0) return rm(path, { force: true });
  for (let number = last - 1; number >= 1; number--) await renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
  await renameIfThere(path, `${path}.1`);
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** True while the file that is open is the one at `path`. */
export async function isSameFile(handle: FileHandle, path: string): Promise<boolean> {
  const [open, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return there !== undefined && there.ino === open.ino && there.dev === open.dev;
}
