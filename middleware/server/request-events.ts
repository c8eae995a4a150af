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
 * its parser and its socket, where no scope is active. One function serves all messages and finds the request by its
 * mark; a closure for each cost 1 µs a request more (two objects, Node 20).
 *
 * Express gives each message a prototype of the app's, and with it a hidden class of its own: a property that is added
 * then makes V8 look up anew whatever is read of the message from there on (some 10 µs a message, Express 5, Node 20).
 * So there `emit` stands on that prototype, which is the app's own place for what its messages can do.
 */
export function listenIn(request: ScopedRequest, message: IncomingMessage | ServerResponse): void {
  if (typeof message.emit !== 'function' || !Object.isExtensible(message)) return;
  if (Object.hasOwn(message, 'emit') || requestOf(message as Heard) !== request) {
    emitIn(message, (fn, ...args) => request.run(fn, ...args)); // somebody's own, which stays below ours, or a response that leads nowhere
    return;
  }
  const ofApp = prototypeOfApp(message);
  if (ofApp !== undefined && !Object.hasOwn(ofApp, 'emit') && Object.isExtensible(ofApp)) {
    Object.defineProperty(ofApp, 'emit', EMIT);
  }
  if ((message.emit as unknown) !== emit) Object.defineProperty(message, 'emit', EMIT);
}

/** The prototype that Express's outermost app gives to all of its messages; those of mounted apps inherit from it. */
function prototypeOfApp(message: object): object | undefined {
  let outermost: object | undefined;
  for (
    let at = Object.getPrototypeOf(message);
    at !== null && Object.hasOwn(at, 'app');
    at = Object.getPrototypeOf(at)
  ) {
    outermost = at;
  }
  return outermost;
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
