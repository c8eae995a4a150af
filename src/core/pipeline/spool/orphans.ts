import { readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { noteFault } from '../../diagnostics.ts';
import { epochMs } from '../../timers.ts';
import type { SpoolHome } from './home.ts';
import { ownerLives, parseOwnerName } from './owner.ts';

/** Spools of dead processes that are taken over at once: the others wait, or another process takes them. */
const MAX_CLAIMED = 64;

/**
 * Takes over the directories of processes that have ended and left spans. `rename` gives each to exactly
 * one: of two that try, the second finds it gone. Its time is set first, so that it looks alive to
 * everybody from the moment on in which it has its new name.
 *
 * Resolves with the new paths, oldest first. Never rejects: what cannot be taken is left.
 */
export async function claimOrphans(home: SpoolHome, staleMs: number): Promise<string[]> {
  const names = await readdir(home.shared).catch(() => []); // not there: nobody has left anything
  const found: { name: string; changedMs: number }[] = [];
  for (const name of names) {
    const owner = parseOwnerName(name);
    if (owner === undefined || join(home.shared, name) === home.own) continue;
    const changedMs = await lastSign(join(home.shared, name));
    if (changedMs === undefined || ownerLives(owner, epochMs() - changedMs, staleMs)) continue;
    found.push({ name, changedMs });
  }
  found.sort((a, b) => a.changedMs - b.changedMs);
  const claimed: string[] = [];
  for (const { name } of found.slice(0, MAX_CLAIMED)) {
    const path = await claim(join(home.shared, name), home.nameForOrphan());
    if (path !== undefined) claimed.push(path);
  }
  return claimed;
}

async function claim(path: string, ours: string): Promise<string | undefined> {
  try {
    const now = epochMs() / 1000;
    await utimes(path, now, now);
    await rename(path, ours);
    return ours;
  } catch (error) {
    noteFault('spool', error); // another process was quicker
    return undefined;
  }
}

async function lastSign(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? found.mtimeMs : undefined;
}
