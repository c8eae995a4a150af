/**
 * The warning about a server whose settings would hurt the app: `undefined` when all is well. `info` is the answer
 * to `INFO memory`, which needs fewer rights than `CONFIG GET`.
 *
 * - `allkeys-*`: Redis makes room by evicting keys of the app while spans come in
 * - `noeviction` with a limit: once spans have filled it, the app's own writes fail
 * - `volatile-*`: evicts what has an expiry, spans first with `volatile-ttl`
 */
export function evictionWarning(info: string, destination: string): string | undefined {
  const policy = /^maxmemory_policy:([a-z-]+)/m.exec(info)?.[1] ?? '';
  const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
  if (limit === 0) return undefined;
  if (policy.startsWith('allkeys-')) {
    return `${destination} has maxmemory-policy ${policy}: when it is full, spans drive out keys of your app; use volatile-ttl, or a Redis of its own for traces`;
  }
  if (policy === 'noeviction') {
    return `${destination} has maxmemory-policy noeviction: when spans have filled it, writes of your app fail too; use volatile-ttl, or a Redis of its own for traces`;
  }
  return undefined;
}
