import { noteFault, say } from '../diagnostics.ts';
import { runOutsideScopes } from '../scope/scope.ts';
import type { OpenSpan } from './open-span.ts';

/** The longest delay that Node takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Looks for spans that nobody ends: such a span never arrives, and its trace looks as if the work had not
 * been done. One line says so, once for each span. While nothing is open no timer runs; the one that runs
 * keeps neither the process nor the tracer alive.
 */
export class OpenSpansWatch {
  /** Oldest first. */
  readonly #open: ReadonlySet<OpenSpan>;
  readonly #openMs: number;
  readonly #reported = new WeakSet<OpenSpan>();
  #isArmed: boolean;

  /** `openMs` is how long a span may be open, 0 for ever. */
  constructor(open: ReadonlySet<OpenSpan>, openMs: number) {
    this.#open = open;
    this.#openMs = openMs;
    this.#isArmed = openMs === 0;
  }

  /** A span was started. */
  touch(): void {
    if (!this.#isArmed) this.#armFor(this.#openMs);
  }

  /** Spans that are open for too long, oldest first. */
  *overdue(): Generator<OpenSpan> {
    if (this.#openMs === 0) return;
    for (const span of this.#open) {
      const ageMs = span.ageMs();
      if (ageMs === undefined) continue; // not recorded: nobody waits for it
      if (ageMs < this.#openMs) return;
      if (!isStream(span)) yield span;
    }
  }

  #armFor(delayMs: number): void {
    this.#isArmed = true;
    const watch = new WeakRef(this);
    const fire = (): void => watch.deref()?.look();
    runOutsideScopes(() => setTimeout(fire, Math.min(delayMs, LONGEST_TIMER_MS)).unref());
  }

  /** Reports what is new, and looks again when the next one would be due. */
  look(): void {
    const found = [...this.overdue()].filter((span) => !this.#reported.has(span));
    for (const span of found) {
      this.#reported.add(span);
      span.decideNow(); // those that wait for it have waited enough
    }
    const oldest = found[0];
    if (oldest !== undefined) say(this.#line(found.length, named(oldest)));
    this.#isArmed = false;
    if (this.#open.size > 0) this.#armFor(this.#nextMs());
  }

  #nextMs(): number {
    for (const span of this.#open) {
      const ageMs = span.ageMs();
      if (ageMs !== undefined && ageMs < this.#openMs) return this.#openMs - ageMs + 1;
    }
    return this.#openMs;
  }

  #line(count: number, oldest: OpenSpan): string {
    const spans = count === 1 ? '1 span is' : `${count} spans are`;
    return (
      `${spans} open for more than ${durationText(this.#openMs)}, the oldest ${JSON.stringify(oldest.record?.name)} ` +
      `(trace ${oldest.traceId}); a span that is never ended never arrives. openSpans() lists them, limits.openMs sets the time`
    );
  }
}

function isStream({ owner }: OpenSpan): boolean {
  try {
    return owner?.isStream === true;
  } catch {
    return false; // a response of the app's own making
  }
}

/** A span with the name that it has so far. */
export function named<Open extends OpenSpan>(span: Open): Open {
  try {
    span.owner?.nameNow();
  } catch (error) {
    noteFault('name of an open span', error);
  }
  return span;
}

function durationText(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 60_000)} min` : `${ms / 1000} s`;
}
