import { AsyncLocalStorage } from 'node:async_hooks';
import { context, trace } from '@opentelemetry/api';
import { current, span } from 'throughline';
import { openTelemetry } from './opentelemetry.js';
import { throughline } from './throughline.js';

throughline();
const { tracer } = openTelemetry();
const ours = span('outer');
const theirs = trace.setSpan(context.active(), tracer.startSpan('outer'));
const storage = new AsyncLocalStorage();

export const title = 'Make a span active for a function, and read it there';

export const cases = {
  'AsyncLocalStorage alone': () => storage.run(ours, () => storage.getStore()),
  throughline: () => ours.run(() => current()),
  OpenTelemetry: () => context.with(theirs, () => trace.getActiveSpan()),
};
