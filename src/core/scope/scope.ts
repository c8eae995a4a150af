import { AsyncLocalStorage } from 'node:async_hooks';
import type { Baggage } from '../../../propagation/baggage.ts';
import { shared } from '../shared.ts';
import type { Span } from '../span.ts';

/** The keys under which `@opentelemetry/api` keeps its two hot values; it makes them by `Symbol.for`. */
const OTEL_SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN');
const OTEL_BAGGAGE_KEY = Symbol.for('OpenTelemetry Baggage Key');

/** All else that a scope holds: a persistent list, newest first, so that adding one copies nothing. */
interface Entry {
  readonly key: symbol;
  readonly value: unknown;
  readonly next: Entry | undefined;
}

/**
 * All that is active in one stretch of code: the span, the baggage, and whatever else is kept there under
 * a key. Immutable but for `close`, and structurally an OpenTelemetry `Context`: the two hot slots are
 * fields, the rest a small list.
 *
 *     Scope ─ span: "GET /orders/:id"            outer ─▶ the scope that was active before a
 *             baggage: tenant=acme                        `using` scope opened; undefined in a
 *             entries ─▶ key=value ─▶ …                   scope entered by `run`
 *
 * Baggage that is set half-way lies over the scope it was set in, and ends with it:
 *
 *     using scope "load" ◀─under─ its baggage changed: active from here on
 */
export class Scope {
  readonly span: Span | undefined;
  readonly baggage: Baggage | undefined;
  // Private by type alone: a chain may hold scopes of another copy of the package, whose #fields are out of reach.
  private readonly outer: Scope | undefined;
  private readonly entries: Entry | undefined;
  /** The scope that this one lies over, never one that lies over another: closed when that one is. */
  private readonly under: Scope | undefined;
  private isClosed: boolean;
  /** `using` scopes that opened inside this one and are open still. */
  private openInside: number;

  constructor(span?: Span, baggage?: Baggage, outer?: Scope, entries?: Entry, under?: Scope) {
    this.span = span;
    this.baggage = baggage;
    this.outer = outer;
    this.entries = entries;
    this.under = under;
    this.isClosed = false;
    this.openInside = 0;
  }

  /** This scope with another span active. `outer` is where a scope that ends by `close` returns to. */
  withSpan(span: Span, outer?: Scope): Scope {
    return new Scope(span, this.baggage, outer, this.entries);
  }

  /** The same with other baggage too. */
  withSpanAndBaggage(span: Span | undefined, baggage: Baggage | undefined, outer?: Scope): Scope {
    return new Scope(span, baggage, outer, this.entries);
  }

  withBaggage(baggage: Baggage | undefined): Scope {
    return new Scope(this.span, baggage, this.outer, this.entries);
  }

  /** This scope with other baggage, over it: it ends when this one is closed. However often that is done, no chain grows. */
  overlaidWith(baggage: Baggage): Scope {
    const under = this.under ?? this;
    return new Scope(this.span, baggage, under, this.entries, under);
  }

  /** Counts this scope in at the one around it. */
  open(): void {
    this.#count(1);
  }

  #count(change: 1 | -1): void {
    const outer = this.outer;
    if (outer !== undefined) (outer.under ?? outer).openInside += change;
  }

  /** From now on, whoever reads this scope gets the nearest open one around it. True when nothing inside it is open. */
  close(): boolean {
    if (!this.isClosed) this.#count(-1);
    this.isClosed = true;
    return this.openInside === 0;
  }

  /** Is this `scope`, or one that opened inside it? */
  isWithin(scope: Scope): boolean {
    for (let at: Scope | undefined = this; at !== undefined; at = at.outer) {
      if (at === scope) return true;
    }
    return false;
  }

  /** This scope, or the nearest one around it that is still open. */
  nearestOpen(): Scope | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.outer) {
      if (!(scope.under ?? scope).isClosed) return scope;
    }
    return undefined;
  }

  /** OpenTelemetry `Context.getValue`. */
  getValue(key: symbol): unknown {
    if (key === OTEL_SPAN_KEY) return this.span;
    if (key === OTEL_BAGGAGE_KEY) return this.baggage?.isAbsent === true ? undefined : this.baggage;
    let entry = this.entries;
    while (entry !== undefined && entry.key !== key) entry = entry.next;
    return entry?.value;
  }

  /** OpenTelemetry `Context.setValue`: a new scope, this one stays as it is. */
  setValue(key: symbol, value: unknown): Scope {
    if (key === OTEL_SPAN_KEY) {
      return new Scope(value as Span | undefined, this.baggage, this.outer, this.entries);
    }
    if (key === OTEL_BAGGAGE_KEY) return this.withBaggage(value as Baggage | undefined);
    const entries = { key, value, next: without(this.entries, key) };
    return new Scope(this.span, this.baggage, this.outer, entries);
  }

  /** OpenTelemetry `Context.deleteValue`: a new scope, this one stays as it is. */
  deleteValue(key: symbol): Scope {
    if (key === OTEL_SPAN_KEY || key === OTEL_BAGGAGE_KEY) return this.setValue(key, undefined);
    return new Scope(this.span, this.baggage, this.outer, without(this.entries, key));
  }
}

function without(entries: Entry | undefined, key: symbol): Entry | undefined {
  if (entries === undefined) return undefined;
  if (entries.key === key) return entries.next; // a key stands in the list once
  const next = without(entries.next, key);
  return next === entries.next ? entries : { key: entries.key, value: entries.value, next };
}

/** The scope of code that nobody traced. */
export const ROOT_SCOPE: Scope = shared('rootScope', () => new Scope());

/** The one AsyncLocalStorage of the process, as far as it is ours. */
const storage = shared('storage', () => new AsyncLocalStorage<Scope | undefined>());

/**
 * Opens a `using` scope, which lies inside the active one: active for the rest of this function, and in
 * everything asynchronous it starts, until `leaveScope`.
 */
export function enterScope(scope: Scope): Scope {
  scope.open();
  storage.enterWith(scope);
  return scope;
}

/** Changes the baggage of the active scope from here on: see `baggage.set`. */
export function enterBaggage(baggage: Baggage): void {
  storage.enterWith(activeScope().overlaidWith(baggage));
}

/**
 * Closes a `using` scope, in whatever order and wherever that happens. Code that runs in it, or in a
 * scope inside it that was forgotten, is back in the nearest open scope around it; elsewhere (in a
 * timer that took the scope along) it is skipped from now on. Returns false when scopes that opened
 * inside it are still open: they were closed out of order, or not at all.
 */
export function leaveScope(scope: Scope): boolean {
  const wasInnermost = scope.close();
  const current = storage.getStore();
  if (current?.isWithin(scope)) storage.enterWith(scope.nearestOpen());
  return wasInnermost;
}

/** The scope that is active here. */
export function activeScope(): Scope {
  return storage.getStore()?.nearestOpen() ?? ROOT_SCOPE;
}

/** Runs `fn` with `scope` active, in it and in everything asynchronous it starts. */
export function runInScope<Arguments extends unknown[], Result>(
  scope: Scope,
  fn: (...args: Arguments) => Result,
  ...args: Arguments
): Result {
  return storage.run(scope, fn, ...args);
}

/** A channel of `node:diagnostics_channel`, as far as it says in which scope its messages are handled. */
export interface ScopeChannel {
  bindStore(store: AsyncLocalStorage<Scope | undefined>, transform: (message: unknown) => Scope | undefined): void;
}

/** Has what `channel` announces run in the scope that `scopeOf` answers with. */
export function bindChannel(channel: ScopeChannel, scopeOf: (message: unknown) => Scope): void {
  channel.bindStore(storage, scopeOf);
}

/** The scope of what the library does on its own account: nothing is active in it, and nothing that it sends is traced. */
const OWN_WORK: Scope = shared('ownWork', () => new Scope());

/**
 * Runs `fn` as if no scope were active: for timers and sockets of our own, which must not keep a request's
 * scope alive. What `fn` sends (exporters, also those of the app) is never traced, by whatever client.
 */
export function runOutsideScopes<Result>(fn: () => Result): Result {
  return storage.run(OWN_WORK, fn);
}

/** Is `scope` the library's own work, of which there must be no spans: each would cause the next one? */
export function isOwnWork(scope: Scope): boolean {
  return scope === OWN_WORK;
}
