import { activeScope, type Scope } from '../scope/scope.ts';
import type { Tracer } from './tracer.ts';

/** The process's own tracer. Factories bind to it lazily: they are often called before `start()`. */
let installed: Tracer | undefined;
let startFromEnvironment: (() => Tracer) | undefined;

/** Told once by the set-up how to start where the app never calls `start()`. */
export function onFirstUse(start: () => Tracer): void {
  startFromEnvironment = start;
}

/** Makes `tracer` the process's own; returns the one it replaces. */
export function installTracer(tracer: Tracer): Tracer | undefined {
  const replaced = installed;
  installed = tracer;
  return replaced;
}

/** The process's own tracer, if there is one yet: asking starts none. */
export function installedTracer(): Tracer | undefined {
  return installed;
}

/** The process's tracer, started from `OTEL_*` variables when nobody called `start()`. */
function processTracer(): Tracer {
  if (installed === undefined) {
    if (startFromEnvironment === undefined) throw new Error('throughline: the set-up module was not loaded');
    installed = startFromEnvironment();
  }
  return installed;
}

/** The tracer for code that runs here: the scope's own (a test that captures), else the process's. */
export function currentTracer(): Tracer {
  return tracerFor(activeScope());
}

/** The tracer for code that runs in `scope`. */
export function tracerFor(scope: Scope): Tracer {
  return scope.tracer ?? processTracer();
}
