// biome-ignore lint/suspicious/noExplicitAny: the one type that every function is assignable to, whatever its parameters
export type AnyFunction = (...args: any[]) => any;

/**
 * Gives `wrapped` what can be seen of `fn` without calling it: name, length, `prototype` (so that
 * `instanceof` holds for wrapped classes), own properties, and its kind (an async function stays one to
 * those who ask, a generator function to the next `wrap`).
 */
export function likeOriginal<F extends AnyFunction>(wrapped: AnyFunction, fn: F): F {
  const { arguments: _, caller: __, ...own } = Object.getOwnPropertyDescriptors(fn); // sloppy functions have these two
  Object.defineProperties(wrapped, own);
  return Object.setPrototypeOf(wrapped, Object.getPrototypeOf(fn));
}
