import type { Baggage } from '../../../propagation/baggage.ts';
import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { activeScope, Scope } from '../scope/scope.ts';
import { shared } from '../shared.ts';
import type { Span } from '../span.ts';
import type { Tracer } from './tracer.ts';

/** One for all copies of the package. */
interface Runtime {
  /** The process's own tracer. Factories bind to it lazily: they are often called before `start()`. */
  installed: Tracer | undefined;
  startFromEnvironment: (() => Tracer) | undefined;
}

const runtime = shared<Runtime>('runtime', () => ({ installed: undefined, startFromEnvironment: undefined }));

/** Told by the set-up, once, how to start where the app never calls `start()`. */
export function onFirstUse(start: () => Tracer): void {
  runtime.startFromEnvironment = start;
}

/** Makes `tracer` the process's own. */
export function installTracer(tracer: Tracer): void {
  runtime.installed = tracer;
}

/** The process's own tracer, if there is one yet: asking starts none. */
export function installedTracer(): Tracer | undefined {
  return runtime.installed;
}

/** The process's tracer, started from `OTEL_*` variables when nobody called `start()`. */
function processTracer(): Tracer {
  if (runtime.installed === undefined) {
    if (runtime.startFromEnvironment === undefined) throw new Error('throughline: the set-up module was not loaded');
    runtime.installed = runtime.startFromEnvironment();
  }
  return runtime.installed;
}

/** The tracer for code that runs here: the scope's own (a test that captures), else the process's. */
export function currentTracer(): Tracer {
  return tracerFor(activeScope());
}

/** The tracer for code that runs in `scope`. */
export function tracerFor(scope: Scope): Tracer {
  return tracerIn(scope) ?? processTracer();
}

/** The key under which a scope keeps the tracer that starts the spans in it, instead of the process's own. */
const TRACER: unique symbol = Symbol.for(`${SHARED_NAME}.tracer`);

/** The tracer of `scope` itself: a test captures there. */
export function tracerIn(scope: Scope): Tracer | undefined {
  return scope.getValue(TRACER) as Tracer | undefined;
}

/** A scope with a tracer of its own, in which nothing is active yet. `outer` is where it returns to when it is closed. */
export function scopeOfTracer(tracer: Tracer, outer?: Scope): Scope {
  return new Scope(undefined, undefined, outer).setValue(TRACER, tracer);
}

/** The scope of what another process asks for while `around` is active: it keeps nothing of that but the tracer. */
export function inboundScope(around: Scope, span: Span | undefined, baggage: Baggage | undefined): Scope {
  const scope = new Scope(span, baggage);
  const tracer = tracerIn(around);
  return tracer === undefined ? scope : scope.setValue(TRACER, tracer);
}
