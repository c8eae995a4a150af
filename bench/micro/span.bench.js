import { context, trace } from '@opentelemetry/api';
import { span } from 'throughline';
import { openTelemetry } from './opentelemetry.js';
import { attributes, name } from './server-span.js';
import { throughline } from './throughline.js';

const ours = throughline();
const theirs = openTelemetry();
const parent = span('outer', { parent: null });
parent[Symbol.dispose](); // closes the scope it opened; what is measured below opens its own
const theirParent = trace.setSpan(context.active(), theirs.tracer.startSpan('outer'));
const outer = parent.child('outer');

export const title = 'A span, started and ended';

/** About what a busy service has waiting when a batch is sent. */
export const maxCalls = 4096;

export const cases = {
  'child().end()': () => outer.child(name).end(),
  'startSpan().end(), OpenTelemetry': () => theirs.tracer.startSpan(name, {}, theirParent).end(),
  'with eleven attributes': () => outer.child(name, { kind: 'server', attributes }).end(),
  'with eleven attributes, OpenTelemetry': () =>
    theirs.tracer.startSpan(name, { kind: 1, attributes }, theirParent).end(),
  'span(name, fn)': () => span(name, () => 1),
  'startActiveSpan(name, fn), OpenTelemetry': () => theirs.tracer.startActiveSpan(name, endIt),
  'span(name, { parent: null }, fn), a root': () => span(name, ROOT, () => 1),
  'startActiveSpan(name, { root: true }, fn), OpenTelemetry': () =>
    theirs.tracer.startActiveSpan(name, { root: true }, endIt),
  'span(name) and dispose': () => span(name)[Symbol.dispose](),
};

const ROOT = { parent: null };

function endIt(active) {
  active.end();
  return 1;
}

/** Both sides measure under an active parent. */
export function inScope(measure) {
  return outer.run(() => context.with(theirParent, measure));
}

/** Between the batches: the queues are emptied outside the measured time. */
export async function drain() {
  await Promise.all([ours.drain(), theirs.drain()]);
}
