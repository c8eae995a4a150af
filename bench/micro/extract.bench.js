import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api';
import { extract } from 'throughline/propagation';
import { traceparentOnly, withStateAndBaggage } from './headers.js';
import { propagator } from './opentelemetry.js';
import { throughline } from './throughline.js';

throughline();

export const title = 'Extract';

export const cases = {
  'a valid traceparent': () => extract(traceparentOnly),
  'a valid traceparent, OpenTelemetry': () => propagator.extract(ROOT_CONTEXT, traceparentOnly, defaultTextMapGetter),
  'traceparent, tracestate and baggage': () => extract(withStateAndBaggage),
  'traceparent, tracestate and baggage, OpenTelemetry': () =>
    propagator.extract(ROOT_CONTEXT, withStateAndBaggage, defaultTextMapGetter),
};
