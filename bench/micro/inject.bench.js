import { context, defaultTextMapSetter } from '@opentelemetry/api';
import { span } from 'throughline';
import { inject } from 'throughline/propagation';
import { openTelemetry, propagator } from './opentelemetry.js';
import { throughline } from './throughline.js';

throughline();
const { tracer } = openTelemetry();

export const title = 'Inject the active span';

export const cases = {
  throughline: () => inject({}),
  OpenTelemetry: () => {
    const carrier = {};
    propagator.inject(context.active(), carrier, defaultTextMapSetter);
    return carrier;
  },
};

/** Both measure inside an active span. */
export function inScope(measure) {
  return span('outer', () => tracer.startActiveSpan('outer', () => measure()));
}
