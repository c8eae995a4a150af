/** An emitter of events, of node's or like it. */
export interface EmitterLike {
  emit(event: string | symbol, ...args: unknown[]): unknown;
}

/** Calls `fn` with `args` in the scope that is wanted, and hands back what it returns. */
export type RunIn = <Arguments extends unknown[], Result>(
  fn: (...args: Arguments) => Result,
  ...args: Arguments
) => Result;

/**
 * Has all listeners of `emitter` called by `run`, those that are there and those that come. The listeners
 * themselves stay as they are, and so do their order, their `this` and what they throw. The emitter gets an
 * `emit` of its own, which nobody sees who lists its properties.
 */
export function emitIn<Emitter extends EmitterLike>(emitter: Emitter, run: RunIn): Emitter {
  // Looked up at each event: frameworks change the prototypes of requests.
  const own = Object.hasOwn(emitter, 'emit') ? emitter.emit : undefined;
  function emit(this: unknown, ...args: unknown[]): unknown {
    const original = own ?? (Object.getPrototypeOf(emitter) as EmitterLike).emit;
    return run(Reflect.apply, original as (...args: unknown[]) => unknown, this, args);
  }
  return Object.defineProperty(emitter, 'emit', { value: emit, configurable: true, writable: true, enumerable: false });
}
