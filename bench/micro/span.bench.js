import { context, trace } from '@opentelemetry/api';
import { span } from 'throughline';
import { openTelemetry } from './opentelemetry.js';
import { attributes, name } from './server-span.js';
import { throughline } from './throughline.js';

const ours = throughline();
const theirs = openTelemetry();
const parent = span('outer');
const theirParent = trace.setSpan(context.active(), theirs.tracer.startSpan('outer'));

export const title = 'A span, started and ended';

export const cases = {
  'child().end()': () => parent.child(name).end(),
  'startSpan().end(), OpenTelemetry': () => theirs.tracer.startSpan(name, {}, theirParent).end(),
  'with eleven attributes': () => parent.child(name, { kind: 'server', attributes }).end(),
  'with eleven attributes, OpenTelemetry': () =>
    theirs.tracer.startSpan(name, { kind: 1, attributes }, theirParent).end(),
  'span(name, options, fn)': () => span(name, { parent }, () => 1),
  'startActiveSpan(name, options, context, fn), OpenTelemetry': () =>
    theirs.tracer.startActiveSpan(name, {}, theirParent, (active) => {
      active.end();
      return 1;
    }),
  'span(name, options), disposed': () => span(name, { parent })[Symbol.dispose](),
};

/** Between the batches: the queues are emptied outside the measured time. */
export async function drain() {
  await Promise.all([ours.drain(), theirs.drain()]);
}
