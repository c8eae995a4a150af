import type { IncomingMessage, ServerResponse } from 'node:http';
import { SHARED_NAME } from '../../propagation/shared-name.ts';
import { emitIn } from '../../src/core/scope/emitter.ts';
import type { ScopedRequest } from '../../src/core/scope/request-scope.ts';

/** Our mark on a request. Registered, so that two copies of the package agree on it. */
export const EXCHANGE: unique symbol = Symbol.for(`${SHARED_NAME}.exchange`);

interface Heard {
  [EXCHANGE]?: { readonly request: ScopedRequest };
  readonly req?: Heard;
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * Has the listeners of a request or response run in the scope of the request: node emits much of both from
 * its parser and its socket, where no scope is active. One function serves all messages, and its property
 * comes in one piece: a closure for each cost 1 µs a request more (two objects, Node 20), and each further
 * property of a message some µs where Express has changed its prototype. So it finds the request by its mark.
 */
export function listenIn(request: ScopedRequest, message: IncomingMessage | ServerResponse): void {
  if (typeof message.emit !== 'function' || !Object.isExtensible(message)) return;
  if (Object.hasOwn(message, 'emit') || requestOf(message as Heard) !== request) {
    emitIn(message, (fn, ...args) => request.run(fn, ...args)); // somebody's own, which stays below ours, or a response that leads nowhere
    return;
  }
  Object.defineProperty(message, 'emit', EMIT);
}

function emit(this: Heard, ...args: unknown[]): unknown {
  const request = requestOf(this);
  const original = inheritedEmit(this);
  return request === undefined ? Reflect.apply(original, this, args) : request.run(Reflect.apply, original, this, args);
}

/** A response leads to its request, which has the mark. */
function requestOf(message: Heard): ScopedRequest | undefined {
  return (message[EXCHANGE] ?? message.req?.[EXCHANGE])?.request;
}

/** Looked up at each event: frameworks change the prototypes of requests, and some inherit from a request. */
function inheritedEmit(message: Heard): (...args: unknown[]) => unknown {
  let found = Object.getPrototypeOf(message) as Heard;
  while ((found.emit as unknown) === emit) found = Object.getPrototypeOf(found) as Heard;
  return found.emit as (...args: unknown[]) => unknown;
}

const EMIT: PropertyDescriptor = { value: emit, configurable: true, writable: true, enumerable: false };
