const known = new WeakMap<object, boolean>();

/**
 * True for Node's own fetch, which says in its source where it comes from; a wrapper around it says something
 * else. Whatever is not recognised may follow redirects out of sight.
 */
export function isNodesFetch(fetch: object): boolean {
  let isNodes = known.get(fetch);
  if (isNodes === undefined) {
    isNodes = Function.prototype.toString.call(fetch).includes("require('internal/deps/undici/undici')");
    known.set(fetch, isNodes);
  }
  return isNodes;
}
