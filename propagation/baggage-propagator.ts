import { Baggage } from './baggage.ts';
import type { Getter, OutboundContext, Propagator, RemoteContext, Setter } from './context.ts';
import { format } from './format.ts';

const BAGGAGE = 'baggage';

/**
 * W3C Baggage. It travels without a trace context too; where there is none, none is made up. What it reads
 * is looked at when somebody asks for it, and may have no member then.
 */
export const baggage: Propagator = format({
  name: 'baggage',
  fields: [BAGGAGE],
  extract: extractBaggage,
  inject: injectBaggage,
});

function extractBaggage<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const header = getter.get(carrier, BAGGAGE);
  if (typeof header !== 'string' || header === '') return undefined;
  return {
    traceId: undefined,
    spanId: undefined,
    sampled: undefined,
    random: false,
    debug: false,
    traceState: undefined,
    baggage: Baggage.received(header),
    vendor: undefined,
  };
}

function injectBaggage<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const text = context.baggage?.serialize();
  if (text === undefined || text === '') return;
  const there = setter.get?.(carrier, BAGGAGE);
  setter.set(carrier, BAGGAGE, there === undefined || there === text ? text : bothOf(text, there));
}

/** Another writer's members (an app's own, another library's) stay beside ours, which win where both have a name. */
function bothOf(ours: string, theirs: string): string {
  return Baggage.received(ours).with(Baggage.received(theirs)).serialize();
}
