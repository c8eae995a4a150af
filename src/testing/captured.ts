import type { Stats } from '../core/pipeline/stats.ts';
import { activeScope, enterScope, leaveScope, runInScope, type Scope } from '../core/scope/scope.ts';
import type { Span } from '../core/span.ts';
import { scopeOfTracer, tracerIn } from '../core/spans/runtime.ts';
import type { Tracer } from '../core/spans/tracer.ts';
import { failure } from './failure.ts';
import type { KeptSpans } from './kept-spans.ts';
import { describeOpenSpans } from './open-spans.ts';
import { LiveSpanView, type SpanView } from './span-view.ts';

/** The spans of one capture, as they end. Readable for ever, also after `stop`. */
export interface Captured extends SpanView {
  /** Spans started and not ended yet, oldest first. */
  openSpans(): Span[];
  /**
   * Resolves when no span of the capture is open: at once, or as soon as the last one ends.
   *
   * @throws AssertionError (a rejection) after `timeoutMs` (default 2000), naming the spans that are open
   */
  settled(timeoutMs?: number): Promise<void>;
  /** The counters of this capture alone: what is `exported` is in `spans`. */
  stats(): Stats;
  /** Runs `fn` inside the capture: for hooks and callbacks that run outside of the test's own flow. */
  run<Result>(fn: () => Result): Result;
  /**
   * Ends a capture that began by `capture()`, and those inside it that nobody stopped: what starts from
   * now on is traced as it was before. May be called twice.
   */
  stop(): void;
  [Symbol.dispose](): void;
}

export const SETTLE_TIMEOUT_MS = 2000;

/** A capture's handle by its tracer, so that code that runs inside finds it. */
const captures = new WeakMap<Tracer, RunningCapture>();

/** The capture that this code runs in. */
export function captureHere(): RunningCapture | undefined {
  const tracer = tracerIn(activeScope());
  return tracer === undefined ? undefined : captures.get(tracer);
}

export class RunningCapture extends LiveSpanView implements Captured {
  readonly kept: KeptSpans;
  /** Of a capture that was entered, not one that a function runs in. */
  #scope: Scope | undefined;

  constructor(kept: KeptSpans) {
    super(() => kept.spans);
    this.kept = kept;
    this.#scope = undefined;
    captures.set(kept.tracer, this);
  }

  /** From here on the code of this flow runs inside. */
  enter(): void {
    this.#scope = enterScope(scopeOfTracer(this.kept.tracer, activeScope()));
  }

  openSpans(): Span[] {
    return this.kept.openSpans();
  }

  async settled(timeoutMs: number = SETTLE_TIMEOUT_MS): Promise<void> {
    const open = await this.kept.settle(() => true, timeoutMs);
    if (open.length > 0) throw stillOpen(this.settled, open, this, timeoutMs);
  }

  stats(): Stats {
    return this.kept.tracer.stats();
  }

  run<Result>(fn: () => Result): Result {
    return runInScope(scopeOfTracer(this.kept.tracer), fn);
  }

  stop(): void {
    if (this.#scope !== undefined) leaveScope(this.#scope);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** The error of a wait that was in vain. */
export function stillOpen(
  check: { readonly name: string },
  open: readonly Span[],
  view: SpanView,
  timeoutMs: number,
): Error {
  return failure(check, `waited ${timeoutMs} ms, and ${describeOpenSpans(open, view.spans)}`);
}
