import { writeSync } from 'node:fs';
import type { ResolveHook } from 'node:module';

/**
 * Module hook that prints every resolved import, one JSON line each. It runs on the hooks thread, whose
 * console is asynchronous; writing to the descriptor keeps the lines that precede an exit.
 */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  writeSync(1, `${JSON.stringify({ url: resolved.url, parent: context.parentURL ?? '' })}\n`);
  return resolved;
};
