import { types } from 'node:util';

const { isPromise, isProxy } = types;

/**
 * Is this a promise whose settlement can be watched without anybody noticing? Native ones only, of any
 * realm (a test runner's `fs.promises` come from another one). A promise with a `then` of its own is
 * lazy as a rule: a query of postgres.js is a subclass of Promise that runs when `then` is called.
 *
 * The test by internal slot comes first: it runs no code of the app, whatever object this is.
 */
export function isNativePromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== 'object' || !isPromise(value)) return false; // `typeof` spares most results a call into C++
  return value.then === Promise.prototype.then || isPlainForeign(value);
}

/** A promise of another realm, straight from that realm's `Promise`: promise → Promise.prototype → Object.prototype. */
function isPlainForeign(promise: Promise<unknown>): boolean {
  if (promise instanceof Promise || Object.hasOwn(promise, 'then')) return false;
  return Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(promise))) === null;
}

/**
 * Is this something that may run when it is awaited: a query of Prisma, knex, mongoose? Like the test above it runs no
 * code of the app: Proxies, and what is behind a getter, are not looked at.
 */
export function isThenable(value: unknown): boolean {
  if (typeof value !== 'object') return false;
  for (let holder: unknown = value; holder !== null && !isProxy(holder); holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder as object, 'then')) {
      return typeof Object.getOwnPropertyDescriptor(holder, 'then')?.value === 'function';
    }
  }
  return false;
}

/**
 * Looks at how a native promise settles and hands back a derived one with the same settlement: a
 * rejection that nobody handles stays unhandled. Anything that is no native promise is handed back as
 * it is, unobserved.
 */
export function observeRejection<Result>(result: Result, onRejected: (reason: unknown) => void): Result {
  if (!isNativePromise(result)) return result;
  return result.then(undefined, (reason: unknown) => {
    onRejected(reason);
    throw reason;
  }) as Result;
}
