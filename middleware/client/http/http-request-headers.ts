import type { ClientRequest } from 'node:http';
import { fieldText } from '../../../propagation/field-text.ts';
import { noteFault } from '../../../src/core/diagnostics.ts';
import type { ClientCall } from '../client-call.ts';
import type { HeaderTarget } from '../header-target.ts';

/** The method by which a request of node:http writes its headers out, when the app first writes or ends it. */
const WRITE_OUT = '_implicitHeader';

/**
 * The headers of a request of node:http. The app may set more of them until it writes the request, and
 * superagent then sets those of the hop before: so ours are written when the request is made, and
 * looked after once more as the headers go out. That needs a method of the request (this one object's) which
 * node does not document; on a Node without it the first time is all there is.
 */
export class RequestHeaders implements HeaderTarget {
  /** The values that were written, by field. */
  readonly written: Map<string, string>;
  readonly #request: ClientRequest;

  constructor(request: ClientRequest) {
    this.written = new Map();
    this.#request = request;
  }

  get(field: string): string | undefined {
    return fieldText(this.#request.getHeader(field));
  }

  set(field: string, value: string): void {
    this.#request.setHeader(field, value);
    this.written.set(field, value);
  }

  remove(field: string): void {
    this.#request.removeHeader(field);
  }

  /** Writes the context of `call`, and keeps it the last word. `stale` was written for the hop before. */
  writeLast(call: ClientCall, stale: ReadonlyMap<string, string>): void {
    call.writeTo(this);
    const request = this.#request as unknown as Record<string, unknown>;
    const writeOut = request[WRITE_OUT];
    if (typeof writeOut !== 'function') return;
    const lookAfter = (): void => this.#lookAfter(call, stale);
    Object.defineProperty(request, WRITE_OUT, {
      value: function implicitHeader(this: unknown): unknown {
        lookAfter();
        return writeOut.call(this);
      },
      configurable: true,
      writable: true,
    });
  }

  #lookAfter(call: ClientCall, stale: ReadonlyMap<string, string>): void {
    try {
      for (const [field, value] of stale) {
        if (!this.written.has(field) && this.#request.getHeader(field) === value) this.remove(field);
      }
      for (const [field, value] of this.written) {
        if (this.#request.getHeader(field) === value) continue;
        call.writeTo(this);
        return;
      }
    } catch (error) {
      noteFault('http headers', error);
    }
  }
}
