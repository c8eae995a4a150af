import {
  FLAG_RANDOM,
  FLAG_SAMPLED,
  type Getter,
  type OutboundContext,
  type Propagator,
  type RemoteContext,
  type Setter,
} from './context.ts';
import { format } from './format.ts';
import { formatTraceparent, hasIds, parseTraceparent } from './traceparent.ts';
import { isTraceState, TraceState } from './tracestate.ts';

const TRACEPARENT = 'traceparent';
const TRACESTATE = 'tracestate';

/**
 * W3C Trace Context, Level 2: `traceparent` and `tracestate`. Without a valid traceparent there is no
 * context, whatever tracestate says; a bad tracestate never costs the traceparent (3.3, 5.1.1).
 */
export const tracecontext: Propagator = format({
  name: 'tracecontext',
  fields: [TRACEPARENT, TRACESTATE],
  extract: extractTracecontext,
  inject: injectTracecontext,
});

function extractTracecontext<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const header = getter.get(carrier, TRACEPARENT);
  const parent = typeof header === 'string' ? parseTraceparent(header) : undefined;
  if (parent === undefined) return undefined;
  const state = getter.get(carrier, TRACESTATE);
  return {
    traceId: parent.traceId,
    spanId: parent.spanId,
    sampled: (parent.flags & FLAG_SAMPLED) !== 0,
    random: (parent.flags & FLAG_RANDOM) !== 0,
    debug: false,
    traceState: typeof state === 'string' ? TraceState.parse(state) : undefined,
    baggage: undefined,
    vendor: undefined,
  };
}

function injectTracecontext<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const { span } = context;
  if (!hasIds(span)) return;
  setter.set(carrier, TRACEPARENT, formatTraceparent(span));
  const state = stateText(span.traceState);
  if (state !== '') setter.set(carrier, TRACESTATE, state);
  else setter.remove?.(carrier, TRACESTATE); // 3.3.1.1: another one would belong to another traceparent
}

/** Another library's tracestate, in a span context that the app handed in, is read like one off the wire. */
function stateText(state: { serialize(): unknown } | undefined): string {
  if (state === undefined || isTraceState(state)) return state?.serialize() ?? '';
  try {
    return TraceState.parse(String(state.serialize()))?.serialize() ?? '';
  } catch {
    return '';
  }
}
