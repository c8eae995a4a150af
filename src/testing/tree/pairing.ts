/**
 * Pairs as many items of two lists as fit: each of `left` with one of `right` at most. A maximum
 * bipartite matching by augmenting paths (Kuhn): an item that finds its partners taken asks the takers
 * to take another. So nothing is tried twice on the way to one pair, and the work is bounded by
 * `left² × right` questions, where trying all orders would take factorial time. Deterministic: both
 * lists are tried in their order.
 */
export function pairUp<L, R>(left: readonly L[], right: readonly R[], fits: (left: L, right: R) => boolean): Map<L, R> {
  const takerOf = new Map<R, L>();
  for (const item of left) augment(item, right, fits, takerOf, new Set());
  return new Map([...takerOf].map(([partner, taker]) => [taker, partner]));
}

/** Finds `item` a partner; `tried` are those that somebody on this path has asked for already. */
function augment<L, R>(
  item: L,
  right: readonly R[],
  fits: (left: L, right: R) => boolean,
  takerOf: Map<R, L>,
  tried: Set<R>,
): boolean {
  const fitting = right.filter((candidate) => !tried.has(candidate) && fits(item, candidate));
  const free = fitting.find((candidate) => !takerOf.has(candidate));
  if (free !== undefined) {
    takerOf.set(free, item);
    return true;
  }
  for (const candidate of fitting) {
    if (tried.has(candidate)) continue;
    tried.add(candidate);
    if (!augment(takerOf.get(candidate) as L, right, fits, takerOf, tried)) continue;
    takerOf.set(candidate, item);
    return true;
  }
  return false;
}
