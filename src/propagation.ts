/**
 * Context on the wire, for any carrier: message headers, job data, environment variables.
 *
 * @module
 */
// Whoever comes in by this door alone still gets the configured formats.
import './setup.ts';
import { carrierGetter, carrierSetter } from '../propagation/carriers.ts';
import { settledContext } from '../propagation/composite.ts';
import type { Getter, OutboundContext, RemoteContext, Setter } from '../propagation/context.ts';
import { noteFault } from './core/diagnostics.ts';
import { activeScope } from './core/scope/scope.ts';
import { contextOf } from './core/spans/given-context.ts';
import { currentTracer } from './core/spans/runtime.ts';

export { b3, b3multi } from '../propagation/b3.ts';
export { Baggage, type BaggageProperty } from '../propagation/baggage.ts';
export { baggage, baggage as baggagePropagator } from '../propagation/baggage-propagator.ts';
export { cloudtrace } from '../propagation/cloudtrace.ts';
export type {
  Getter,
  OutboundContext,
  Propagator,
  RemoteContext,
  Setter,
  SpanContext,
  SpanId,
  TraceId,
} from '../propagation/context.ts';
export { datadog } from '../propagation/datadog.ts';
export { environmentVariables, type Variables } from '../propagation/environment-variables.ts';
export { jaeger } from '../propagation/jaeger.ts';
export { requestid } from '../propagation/request-id.ts';
export { tracecontext } from '../propagation/tracecontext.ts';
export { TraceState } from '../propagation/tracestate.ts';
export { xray } from '../propagation/xray.ts';

/** The options of {@link inject}. */
export interface InjectOptions<Carrier> {
  /** The context to write, instead of the active one. */
  readonly context?: OutboundContext | undefined;
  /** Writes into a carrier of your own. */
  readonly setter?: Setter<Carrier> | undefined;
}

/** The options of {@link extract}. */
export interface ExtractOptions<Carrier> {
  /** Reads a carrier of your own. */
  readonly getter?: Getter<Carrier> | undefined;
}

/**
 * Writes the context of the active span, and its baggage, into `carrier` in the configured formats.
 * Nothing is written where neither is active. Fields that are there already are replaced. Whom the
 * carrier goes to is yours to judge: `propagateTo` is about HTTP requests. Never throws.
 *
 * @param carrier an object of headers, `Headers`, a `Map`, a list of pairs, or anything with a `setter`
 * @param options `context`: instead of the active one; `setter`: how to write into a carrier of your own
 * @returns the carrier
 *
 * @example
 * queue.publish({ body, headers: inject({}) });
 */
export function inject<Carrier>(carrier: Carrier, options?: InjectOptions<Carrier>): Carrier {
  try {
    const context = options?.context ?? activeContext();
    const setter = options?.setter ?? (carrierSetter(carrier) as Setter<Carrier>);
    currentTracer().propagator.inject(context, carrier, setter);
  } catch (error) {
    noteFault('inject()', error); // the message goes out without context
  }
  return carrier;
}

/**
 * Reads the context that `carrier` holds, in the configured formats. Never throws: undefined when it
 * holds none that is valid.
 *
 * @param carrier an object of headers, `Headers`, a `Map`, a list of pairs, or anything with a `getter`
 *
 * @example
 * const remote = extract(message.headers);
 */
export function extract<Carrier>(carrier: Carrier, options?: ExtractOptions<Carrier>): RemoteContext | undefined {
  try {
    const getter = options?.getter ?? (carrierGetter(carrier) as Getter<Carrier>);
    return settledContext(currentTracer().propagator.extract(carrier, getter));
  } catch (error) {
    noteFault('extract()', error);
    return undefined;
  }
}

function activeContext(): OutboundContext {
  const { span, baggage } = activeScope();
  return { span: span && contextOf(span), baggage };
}
