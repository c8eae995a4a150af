import { Baggage, type BaggageEntry, type BaggageEntryInput } from '../../../propagation/baggage.ts';
import { noteFault } from '../diagnostics.ts';
import { requestOf } from './request-scope.ts';
import { activeScope, enterBaggage, runInScope } from './scope.ts';

/** The baggage of the active scope. No method throws; what cannot be baggage is left out. */
export interface ActiveBaggage {
  /** The value of `key`, undefined when there is none. */
  get(key: string): string | undefined;
  /**
   * Adds a value, or replaces it, from here on: for the rest of this flow of control and all that it
   * starts, and no longer than the `using` scope around it. What runs already keeps what it has. As
   * with the scope form of `span`, a function that calls this before its first `await` changes it for
   * its caller too; where things run at the same time, take `with`.
   *
   * @param key an HTTP token (letters, digits, `-`, `_`, `.` …): with any other nothing is set
   * @param value any text; it is percent-coded where it is sent
   * @param metadata properties in wire form, `ttl=30;internal`. Default: none, also in place of old ones
   *
   * @example
   * baggage.set('tenant', tenant.id);
   */
  set(key: string, value: string, metadata?: string | { toString(): string }): void;
  /** Takes a value away, as far as `set` would have added it. */
  delete(key: string): void;
  /** All values with their metadata, in the order in which they are sent. A copy: changing it changes nothing. */
  all(): Map<string, BaggageEntry>;
  /**
   * Runs `fn` with these values added, and returns what it returns. Nothing outside `fn` sees them.
   *
   * @example
   * await baggage.with({ tenant: tenant.id }, () => handle(job));
   */
  with<Result>(values: Readonly<Record<string, string | BaggageEntryInput>>, fn: () => Result): Result;
}

function getValue(key: string): string | undefined {
  return activeScope().baggage?.get(key);
}

function setValue(key: string, value: string, metadata?: string | { toString(): string }): void {
  enterChanged((active) => active.setEntry(key, { value, metadata }));
}

function deleteValue(key: string): void {
  enterChanged((active) => active.removeEntry(key));
}

function allValues(): Map<string, BaggageEntry> {
  return new Map(activeScope().baggage?.getAllEntries());
}

function runWith<Result>(values: Readonly<Record<string, string | BaggageEntryInput>>, fn: () => Result): Result {
  const scope = activeScope();
  return runInScope(scope.withSpanAndBaggage(scope.span, withValues(scope.baggage ?? Baggage.empty, values)), fn);
}

function enterChanged(change: (active: Baggage) => Baggage): void {
  const scope = activeScope();
  const active = scope.baggage ?? Baggage.empty;
  const changed = change(active);
  if (changed === active) return;
  enterBaggage(changed);
  requestOf(scope)?.keepBaggage(changed); // for what follows where a callback loses this scope
}

function withValues(active: Baggage, values: unknown): Baggage {
  if (typeof values !== 'object' || values === null) return active;
  try {
    let changed = active;
    for (const [key, value] of Object.entries(values as Record<string, string | BaggageEntryInput>)) {
      changed = changed.setEntry(key, typeof value === 'string' ? { value } : value);
    }
    return changed;
  } catch (error) {
    noteFault('baggage.with', error); // a getter of the app's threw
    return active;
  }
}

/**
 * The app's own data that travels with the request to every service further down, as W3C Baggage: to
 * the hosts that `propagateTo` allows, by default private ones. At most 64 values and 8192 bytes are
 * sent; what does not fit is left out, whole.
 */
export const baggage: ActiveBaggage = {
  get: getValue,
  set: setValue,
  delete: deleteValue,
  all: allValues,
  with: runWith,
};
