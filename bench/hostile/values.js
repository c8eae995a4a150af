import { createServer, request } from 'node:http';
import { start } from 'throughline';
import { Baggage, inject, TraceState } from 'throughline/propagation';
import { answer } from '../processes.js';
import { formats } from './wire-formats.js';

start({ service: 'bench', exporters: 'none', propagators: formats.map(({ name }) => name) });

const HOSTILE = [
  'a\r\nset-cookie: b',
  'a\nb',
  '\u0000',
  '\ud800',
  'x\udc00y',
  'é😀',
  '\u007f',
  ' ',
  '',
  'v'.repeat(1_048_576),
  '%',
  ',;=',
  Symbol('a'),
  null,
  undefined,
  { toString: () => 'a\r\nb' },
  ['a'],
  Number.NaN,
];

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const IDS = { traceId: TRACE, spanId: SPAN, traceFlags: 3 };

/** A context with the hostile value in each place where an app can put one. */
function* contexts(value) {
  yield { span: IDS, baggage: Baggage.empty.set('key', value) };
  yield { span: IDS, baggage: Baggage.empty.set(value, 'value') };
  yield { span: IDS, baggage: Baggage.empty.setEntry('key', { value: 'a', metadata: value }) };
  yield { span: { ...IDS, traceState: TraceState.empty.set('key', value) }, baggage: undefined };
  yield { span: { ...IDS, traceState: { serialize: () => value } }, baggage: undefined };
  for (const field of ['traceId', 'spanId', 'traceFlags', 'debug', 'vendor']) {
    yield { span: { ...IDS, [field]: value }, baggage: undefined };
  }
  yield { span: { ...IDS, vendor: { 'datadog.origin': value, 'datadog.tags': value } }, baggage: undefined };
}

const arrived = [];
const server = createServer((req, res) => {
  arrived.push(...req.rawHeaders);
  res.end();
});

function send(headers) {
  return new Promise((resolve, reject) => {
    const req = request({ port: server.address().port, host: '127.0.0.1', headers }, (res) => {
      res.resume().once('end', resolve);
    });
    req.once('error', reject).end();
  });
}

/** Each value in each place, with and without an Object.prototype that someone has polluted. */
async function count() {
  const counts = { tried: 0, sent: 0, invalid: 0, threw: 0 };
  for (const isPolluted of [false, true]) {
    if (isPolluted) Object.prototype.traceparent = 'polluted\r\n';
    for (const value of HOSTILE) {
      for (const context of contexts(value)) {
        counts.tried += 1;
        try {
          await send(inject({}, { context }));
          counts.sent += 1;
        } catch {
          counts.threw += 1;
        }
      }
    }
    delete Object.prototype.traceparent;
  }
  counts.invalid = arrived.filter((text) => !/^[\x20-\x7e]*$/.test(text)).length;
  return counts;
}

server.listen(0, '127.0.0.1', () => answer({ count }));
