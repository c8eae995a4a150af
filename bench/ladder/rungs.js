export const FRAMEWORKS = ['express', 'koa'];

/** A fixed text; five middlewares with a path parameter; one call to a local server, by each kind of client. */
export const ROUTES = {
  hello: '/hello',
  json: '/json/42',
  call: '/call',
  'call-fetch': '/call-fetch',
  'call-http': '/call-http',
};

/** Does a request of this route make a call of its own? */
export function calls(route) {
  return route.startsWith('call');
}

const SAMPLED = '03';
const UNSAMPLED = '02';

/**
 * The ladder, in the order it is printed. Every request carries a traceparent (of an upstream that
 * sampled or not, as `callerFlags` says), because a service in the middle of a trace is the usual
 * case; the untraced server gets the same header, so that reading it off the socket cancels out.
 *
 * `exportsSpans`: the sink must receive every request's spans; otherwise it must receive none.
 * `propagates`: the server behind /call must be handed a traceparent.
 * `isOptional`: only on request (`--only`), since its peer is installed by hand.
 */
export const RUNGS = [
  {
    id: 'untraced',
    title: 'untraced',
    door: 'untraced',
    callerFlags: SAMPLED,
    exportsSpans: false,
    propagates: false,
  },
  {
    id: 'minimum',
    title: 'hand-made minimum (no export)',
    door: 'minimum',
    callerFlags: SAMPLED,
    exportsSpans: false,
    propagates: true,
  },
  {
    id: 'unsampled',
    title: 'throughline, unsampled',
    door: 'throughline',
    options: { sample: 0 },
    callerFlags: UNSAMPLED,
    exportsSpans: false,
    propagates: true,
  },
  {
    id: 'traced',
    title: 'throughline, traced',
    door: 'throughline',
    options: { sample: 1 },
    callerFlags: SAMPLED,
    exportsSpans: true,
    propagates: true,
  },
  {
    id: 'baggage',
    title: 'throughline, traced with baggage',
    door: 'throughline',
    options: { sample: 1 },
    callerFlags: SAMPLED,
    baggage: 'user.id=alice,region=eu-west-1,tier=gold',
    exportsSpans: true,
    propagates: true,
  },
  {
    id: 'opentelemetry-unsampled',
    title: 'OpenTelemetry, unsampled',
    door: 'opentelemetry',
    options: { ratio: 0, layers: true },
    callerFlags: UNSAMPLED,
    exportsSpans: false,
    propagates: true,
  },
  {
    id: 'opentelemetry-lean',
    title: 'OpenTelemetry, traced, layers ignored',
    door: 'opentelemetry',
    options: { ratio: 1, layers: false },
    callerFlags: SAMPLED,
    exportsSpans: true,
    propagates: true,
  },
  {
    id: 'opentelemetry',
    title: 'OpenTelemetry, traced',
    door: 'opentelemetry',
    options: { ratio: 1, layers: true },
    callerFlags: SAMPLED,
    exportsSpans: true,
    propagates: true,
  },
];

/** Another tree of this package, as `--base` names it: the same two rungs beside today's. */
export function baseRungs(folder) {
  return RUNGS.filter(({ id }) => id === 'unsampled' || id === 'traced').map((rung) => ({
    ...rung,
    id: `base-${rung.id}`,
    title: `${rung.title} (base)`,
    options: { ...rung.options, from: folder },
  }));
}

/** The rung that the others are compared with. */
export const REFERENCE = 'opentelemetry';
