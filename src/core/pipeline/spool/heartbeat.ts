import { utimes } from 'node:fs';
import { epochMs } from '../../timers.ts';

/** Sets the time of a directory to now: the sign by which others see that its owner lives. */
export function showOwnerLives(directory: string, done: (error: NodeJS.ErrnoException | null) => void): void {
  const now = epochMs() / 1000;
  utimes(directory, now, now, done);
}
