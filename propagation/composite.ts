import { b3, b3multi } from './b3.ts';
import { isBaggage } from './baggage.ts';
import { baggage } from './baggage-propagator.ts';
import { cloudtrace } from './cloudtrace.ts';
import type { Getter, OutboundContext, Propagator, RemoteContext, Setter, VendorFields } from './context.ts';
import { datadog } from './datadog.ts';
import { isFormat } from './format.ts';
import { jaeger } from './jaeger.ts';
import { requestid } from './request-id.ts';
import { tracecontext } from './tracecontext.ts';
import { isSpanId, isTraceId } from './traceparent.ts';
import { isTraceState } from './tracestate.ts';
import { xray } from './xray.ts';

/** The formats there are. */
export type PropagatorName =
  | 'tracecontext'
  | 'baggage'
  | 'b3'
  | 'b3multi'
  | 'jaeger'
  | 'xray'
  | 'datadog'
  | 'cloudtrace'
  | 'requestid';

/** The formats by the names that the `propagators` option and `OTEL_PROPAGATORS` use. */
export const propagatorsByName: Readonly<Record<PropagatorName, Propagator>> = {
  tracecontext,
  baggage,
  b3,
  b3multi,
  jaeger,
  xray,
  datadog,
  cloudtrace,
  requestid,
};

/** Which formats are read, the first one first, and which are written. */
export interface CompositeOptions {
  readonly extract: readonly Propagator[];
  readonly inject: readonly Propagator[];
}

/**
 * Several formats as one. On extract the first that yields a trace context (a trace id, or a decision
 * alone) wins, and baggage comes from the first that has some. A request id, and fields of X-Ray's that are not ours, are
 * kept whoever wins, to be sent on. On inject all are written. `requestid` is
 * asked last, wherever it stands: a request id names a trace only when nothing else does. A propagator that
 * throws counts as one that found, or wrote, nothing.
 */
export function compositePropagator(options: CompositeOptions): Propagator {
  return new CompositePropagator(options);
}

class CompositePropagator implements Propagator {
  readonly name: string;
  readonly fields: readonly string[];
  readonly #readers: readonly Reader[];
  readonly #writers: readonly Propagator[];

  constructor(options: CompositeOptions) {
    const [extract, inject] = [options.extract.map(ownFormat), options.inject.map(ownFormat)];
    this.name = 'composite';
    this.fields = Object.freeze([...new Set(inject.flatMap((propagator) => propagator.fields))]);
    const contexts = extract.filter((propagator) => !isRequestId(propagator));
    const fallback = extract.filter(isRequestId);
    this.#readers = [...contexts, ...fallback].filter(isFirstReader).map(readerOf);
    // The separate headers of B3 push a single one aside: where both are written, it comes after them.
    const [separate, others] = [inject.filter(isSeparateB3), inject.filter((propagator) => !isSeparateB3(propagator))];
    this.#writers = [...separate, ...others].map(checked);
  }

  extract<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
    let trace: RemoteContext | undefined;
    let bag: RemoteContext | undefined;
    let vendor: VendorFields | undefined;
    for (const { propagator, mayHaveMore } of this.#readers) {
      if (trace !== undefined && !mayHaveMore) continue;
      const found = tryExtract(propagator, carrier, getter);
      if (found === undefined) continue;
      if (trace === undefined && hasTraceContext(found)) trace = found;
      // Baggage may not have been looked at yet: it is where a second format has some too.
      if (found.baggage !== undefined && bag?.baggage?.isAbsent !== false) bag = found;
      if (found.vendor !== undefined) vendor = vendor === undefined ? found.vendor : { ...found.vendor, ...vendor };
    }
    return merge(trace, bag, vendor);
  }

  inject<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
    for (const propagator of this.#writers) {
      try {
        propagator.inject(context, carrier, setter);
      } catch {
        // The request goes out without this format; the others are still written.
      }
    }
  }
}

function tryExtract<Carrier>(
  propagator: Propagator,
  carrier: Carrier,
  getter: Getter<Carrier>,
): RemoteContext | undefined {
  try {
    return propagator.extract(carrier, getter);
  } catch {
    return undefined;
  }
}

/** A state alone (`b3: 0`) is a trace context too: the decision must reach downstream. */
function hasTraceContext(context: RemoteContext): boolean {
  return context.traceId !== undefined || context.sampled !== undefined;
}

/**
 * A context as it is when all of it is looked at: baggage that came without a valid member is none, and
 * neither is a context of that alone.
 */
export function settledContext(context: RemoteContext | undefined): RemoteContext | undefined {
  if (context?.baggage?.isAbsent !== true) return context;
  const saysMore = hasTraceContext(context) || context.vendor !== undefined;
  return saysMore ? { ...context, baggage: undefined } : undefined;
}

const NO_CONTEXT: RemoteContext = Object.freeze({
  traceId: undefined,
  spanId: undefined,
  sampled: undefined,
  random: false,
  debug: false,
  traceState: undefined,
  baggage: undefined,
  vendor: undefined,
});

function merge(
  trace: RemoteContext | undefined,
  bag: RemoteContext | undefined,
  vendor: VendorFields | undefined,
): RemoteContext | undefined {
  const first = trace ?? bag;
  if ((bag === undefined || bag === first) && vendor === first?.vendor) return first;
  const { traceId, spanId, sampled, random, debug, traceState } = first ?? NO_CONTEXT;
  return { traceId, spanId, sampled, random, debug, traceState, baggage: bag?.baggage, vendor };
}

/** A format with what is known of it. Chosen once, at set-up. */
interface Reader {
  readonly propagator: Propagator;
  /** False: once a trace context was found it has neither baggage nor fields to send on, and is not asked. */
  readonly mayHaveMore: boolean;
}

const WITH_MORE: readonly Propagator[] = [baggage, jaeger, xray, requestid];

/** The two of B3 read the same fields in the same way: once is enough. */
function isFirstReader(propagator: Propagator, at: number, all: readonly Propagator[]): boolean {
  return !isOurs(propagator) || all.findIndex(({ extract }) => extract === propagator.extract) === at;
}

/** A format that came from another copy of the package is the one that we have under its name. */
function ownFormat(propagator: Propagator): Propagator {
  return isFormat(propagator) ? (propagatorsByName[propagator.name as PropagatorName] ?? propagator) : propagator;
}

function isOurs(propagator: Propagator): boolean {
  return Object.values(propagatorsByName).includes(propagator);
}

/** By name: an app may have its formats from another copy of the package. */
function isRequestId({ name }: Propagator): boolean {
  return name === requestid.name;
}

function isSeparateB3(propagator: Propagator): boolean {
  return propagator === b3multi;
}

function readerOf(propagator: Propagator): Reader {
  return { propagator: checked(propagator), mayHaveMore: !isOurs(propagator) || WITH_MORE.includes(propagator) };
}

/** Our own formats read and write what is valid; another's is looked at before it is believed. */
function checked(propagator: Propagator): Propagator {
  return isOurs(propagator) ? propagator : new CheckedPropagator(propagator);
}

/** A propagator of the app's: a context that it gets wrong is not believed, a field that is none is not written. */
class CheckedPropagator implements Propagator {
  readonly name: string;
  readonly fields: readonly string[];
  readonly #inner: Propagator;

  constructor(inner: Propagator) {
    this.name = inner.name;
    this.fields = inner.fields;
    this.#inner = inner;
  }

  extract<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
    const found: unknown = this.#inner.extract(carrier, getter);
    return typeof found === 'object' && found !== null ? checkedContext(found) : undefined;
  }

  inject<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
    this.#inner.inject(context, carrier, checkedSetter(setter));
  }
}

/**
 * OpenTelemetry, API Propagators: keys and values MUST be valid HTTP header fields of US-ASCII. A client would
 * refuse the app's whole request for one that is not.
 */
function checkedSetter<Carrier>(setter: Setter<Carrier>): Setter<Carrier> {
  return {
    get: (carrier, name) => setter.get?.(carrier, name),
    set(carrier, name: unknown, value: unknown) {
      if (isField(name, FIELD_NAME) && isField(value, FIELD_VALUE)) setter.set(carrier, name, value);
    },
    remove(carrier, name: unknown) {
      if (isField(name, FIELD_NAME)) setter.remove?.(carrier, name);
    },
  };
}

// RFC 9110 5.1 and 5.5, without the bytes above ASCII.
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

function isField(text: unknown, pattern: RegExp): text is string {
  return typeof text === 'string' && pattern.test(text);
}

function checkedContext(found: { readonly [Field in keyof RemoteContext]?: unknown }): RemoteContext {
  const { traceId, spanId, sampled, traceState, baggage: bag, vendor } = found;
  const isContinued = isTraceId(traceId);
  return {
    traceId: isContinued ? traceId : undefined,
    spanId: isContinued && isSpanId(spanId) ? spanId : undefined,
    sampled: typeof sampled === 'boolean' ? sampled : undefined,
    random: isContinued && found.random === true,
    debug: found.debug === true,
    traceState: isContinued && isTraceState(traceState) ? traceState : undefined,
    baggage: isBaggage(bag) ? bag : undefined,
    vendor: typeof vendor === 'object' && vendor !== null ? (vendor as RemoteContext['vendor']) : undefined,
  };
}
