import type { Baggage } from '../../../propagation/baggage.ts';
import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { activeScope, runInScope, type Scope } from './scope.ts';

const REQUEST: unique symbol = Symbol.for(`${SHARED_NAME}.request`);

/**
 * One inbound request as scopes know it: each scope that is entered for it, or inside of it, leads here. So
 * whoever runs the request's code can tell whether the active scope is the request's own, which neither trace
 * nor span can: two requests may be in one trace. Small, since all that runs on after the request keeps it.
 */
export class ScopedRequest {
  /** True where nothing that starts in it is to be recorded. */
  readonly isSilent: boolean;
  #scope: Scope;

  constructor(scope: Scope, isSilent: boolean) {
    this.isSilent = isSilent;
    this.#scope = scope.setValue(REQUEST, this);
  }

  /** The scope of the whole request, with the newest baggage that was set in it. */
  get scope(): Scope {
    return this.#scope;
  }

  /** Is `scope` one of this request? */
  owns(scope: Scope): boolean {
    return scope.getValue(REQUEST) === this;
  }

  /** From here on the request has this baggage. */
  keepBaggage(baggage: Baggage | undefined): void {
    if (baggage !== this.#scope.baggage) this.#scope = this.#scope.withBaggage(baggage);
  }

  /** Runs `fn` where it is called from when that is in this request, else in the scope of the request. */
  run<Arguments extends unknown[], Result>(fn: (...args: Arguments) => Result, ...args: Arguments): Result {
    return this.owns(activeScope()) ? fn(...args) : runInScope(this.#scope, fn, ...args);
  }

  /** The same for the next stage of the request, to which the baggage goes on that is active here. */
  enter<Arguments extends unknown[], Result>(fn: (...args: Arguments) => Result, ...args: Arguments): Result {
    const here = activeScope();
    if (!this.owns(here)) return runInScope(this.#scope, fn, ...args);
    this.keepBaggage(here.baggage);
    return fn(...args);
  }
}

/** The request that `scope` is part of; undefined outside of any. */
export function requestOf(scope: Scope): ScopedRequest | undefined {
  return scope.getValue(REQUEST) as ScopedRequest | undefined;
}
