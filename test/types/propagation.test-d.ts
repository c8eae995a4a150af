// Compiled with the rest, never run: the assignments are the claims.
import type * as otel from '@opentelemetry/api';
import { Baggage } from '../../propagation/baggage.ts';
import { carrierGetter, carrierSetter, incomingHeadersGetter } from '../../propagation/carriers.ts';
import type { Getter, Propagator, Setter, SpanContext } from '../../propagation/context.ts';
import type { PropagateTo } from '../../propagation/destination.ts';
import { TraceState } from '../../propagation/tracestate.ts';

// Ours are OpenTelemetry's.
export const traceState: otel.TraceState = TraceState.empty;
export const baggage: otel.Baggage = Baggage.empty;
export const entry: otel.BaggageEntry | undefined = Baggage.empty.getEntry('a');
export const spanContext = (context: SpanContext & { isRemote?: boolean; traceState?: TraceState }): otel.SpanContext =>
  context;

// Their entries are taken as they are, and any metadata with a toString is.
export const fromTheirs = (theirs: otel.BaggageEntry): Baggage => Baggage.empty.setEntry('a', theirs);
export const withText: Baggage = Baggage.empty.setEntry('a', { value: '1', metadata: 'ttl=30' });

// Any carrier has a getter and a setter, and they fit where a narrower one is asked for.
export const getter: Getter<Map<string, string>> = carrierGetter(new Map());
export const setter: Setter<Headers> = carrierSetter(new Headers());
export const incoming: Getter<Record<string, string | string[] | undefined>> = incomingHeadersGetter;

export const rules: PropagateTo[] = [
  'all',
  ['*.example.com', /^https:/],
  (url: URL) => url.protocol === 'https:',
  () => ({ trace: true, baggage: false }),
];

// @ts-expect-error a single host must stand in a list
export const single: PropagateTo = 'example.com';
// @ts-expect-error baggage is made by parse, or from Baggage.empty
export const made: Baggage = new Baggage();
// @ts-expect-error a value is a string
export const wrongValue: Baggage = Baggage.empty.set('a', 1);
// @ts-expect-error a propagator reads as well as it writes
export const half: Propagator = { name: 'half', fields: [], inject: () => undefined };
