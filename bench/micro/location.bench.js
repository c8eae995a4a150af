import { span } from 'throughline';
import { throughline } from './throughline.js';

const ours = throughline({ location: true });
const parent = span('outer', { parent: null });
parent.end();

export const title = 'A span that notes where it was started (`location: true`)';

/** About what a busy service has waiting when a batch is sent. */
export const maxCalls = 4096;

export const cases = {
  'child().end()': () => parent.child('work').end(),
  'span(name, fn)': () => span('work', () => 1),
  'reading a stack as text instead': () => new Error('work').stack,
};

/** Under an active parent, as the spans of span.bench.js. */
export function inScope(measure) {
  return parent.run(measure);
}

export const drain = ours.drain;
