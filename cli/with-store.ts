import type { SpanStore, StoreProblems } from '../src/store/span-store.ts';
import { sanitize } from '../src/terminal/text.ts';
import type { Io } from './io.ts';
import { type OpenOptions, openStore } from './open-store.ts';

/**
 * Opens a store, does something with it and closes it. Whatever of it could not be read is told in one line, and
 * the rest was read.
 */
export async function withStore<T>(
  address: string,
  io: Io,
  use: (store: SpanStore) => Promise<T>,
  options?: OpenOptions,
): Promise<T> {
  const store = await openStore(address, io, options);
  try {
    return await use(store);
  } finally {
    tellProblems(store.problems(), io);
    await store.close();
  }
}

function tellProblems({ count, first }: StoreProblems, io: Io): void {
  const [one] = first;
  if (one === undefined) return;
  const place = one.line === undefined ? one.where : `${one.where}:${one.line}`;
  const more = count > 1 ? ` (and ${count - 1} more like this; the rest was read)` : '';
  io.err(`throughline: ${sanitize(`${place} ${one.message}`)}${more}\n`);
}
