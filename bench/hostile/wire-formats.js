import * as propagation from 'throughline/propagation';
// The corpus has no public name: the headers that the tests try are the headers that are timed.
import { hostileTexts } from '../../dist/test/fuzz/corpus.js';

export const SIZE = 16_384;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

/** A valid carrier of each format, by name. One that `throughline/propagation` has and this does not is an error. */
const VALID = {
  tracecontext: { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' },
  baggage: { baggage: 'userId=alice;ttl=30;internal,serverNode=DF%2028' },
  b3: { b3: `${TRACE}-${SPAN}-1` },
  b3multi: { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1', 'x-b3-flags': '1' },
  jaeger: { 'uber-trace-id': `${TRACE}:${SPAN}:0:1`, 'uberctx-user': 'alice%20b' },
  xray: { 'x-amzn-trace-id': 'Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1' },
  datadog: {
    'x-datadog-trace-id': '11803532876627986230',
    'x-datadog-parent-id': '67667974448284343',
    'x-datadog-sampling-priority': '2',
    'x-datadog-origin': 'rum',
    'x-datadog-tags': '_dd.p.tid=4bf92f3577b34da6,_dd.p.dm=-4',
  },
  cloudtrace: { 'x-cloud-trace-context': `${TRACE}/67667974448284343;o=1` },
  requestid: { 'x-request-id': '4bf92f35-77b3-4da6-a3ce-929d0e0e4736' },
};

/** Every format that there is, W3C first. */
export const formats = Object.values(propagation)
  .filter((value) => typeof value?.extract === 'function' && Array.isArray(value.fields))
  .map((propagator) => {
    const valid = VALID[propagator.name];
    if (valid === undefined) throw new Error(`no valid carrier of ${propagator.name} in bench/hostile/wire-formats.js`);
    return { name: propagator.name, propagator, valid };
  })
  .sort((a, b) => Object.keys(VALID).indexOf(a.name) - Object.keys(VALID).indexOf(b.name));

/** Each hostile carrier of a format: one field of it stuffed to `SIZE`, the others valid. */
export function hostileCarriers({ valid }) {
  return Object.entries(valid).flatMap(([field, value]) =>
    hostileTexts([value]).map(({ name, text }) => {
      const hostile = text(SIZE);
      return { field, what: `${field}: ${name}`, hostile, fields: { ...valid, [field]: hostile } };
    }),
  );
}

/** The getter that a server reads `req.headers` by. */
export const getter = {
  get: (carrier, name) => carrier[name],
  keys: (carrier) => Object.keys(carrier),
};

export const setter = {
  set(carrier, name, value) {
    carrier[name] = value;
  },
};
