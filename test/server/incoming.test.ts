import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { type IncomingMode, incomingReader, trustAll, withoutDecision } from '../../middleware/server/incoming.ts';
import type { RemoteContext } from '../../propagation/context.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { testTracer } from '../core/tracer-fixture.ts';

const REMOTE: RemoteContext = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  sampled: true,
  random: true,
  debug: true,
  traceState: undefined,
  baggage: undefined,
  vendor: { datadog: 'priority=2' },
};

const scope = { name: 'test' };

const incomingOf = (given: unknown) => incomingReader(given, { caller: 'tracing', name: 'incoming' });

test('trust-ids lets the sampler decide, whatever the caller and its debug mark say', async () => {
  for (const [sample, sampled] of [
    [0, true],
    [1, false],
  ] as const) {
    const { tracer } = testTracer({ sample });
    const span = tracer.startRemote('GET', 'server', withoutDecision({ ...REMOTE, sampled }), scope);
    assert.deepEqual([span.traceId, span.isRecording(), span.debug], [REMOTE.traceId, sample === 1, false]);
    assert.equal(span.startFlags, sample === 1 ? 3 : 2);
    assert.equal(span.vendor, undefined);
    span.end();
  }
});

test('every mode is its own rule, and none is asked for more than the request', () => {
  const req = {} as IncomingMessage;
  assert.equal(trustAll(req), 'trust');
  for (const mode of ['trust', 'trust-ids', 'link', 'ignore'] as IncomingMode[]) {
    assert.equal(incomingOf(mode)(req), mode);
    assert.equal(incomingOf((given: IncomingMessage) => (given === req ? mode : 'ignore'))(req), mode);
  }
});

test(
  'a function that answers no mode is told so once',
  endsClean(({ takeDiagnostics }) => {
    const rule = incomingOf(() => 'trusted');
    assert.deepEqual([rule({} as IncomingMessage), rule({} as IncomingMessage)], ['ignore', 'ignore']);
    assert.deepEqual(takeDiagnostics(), [
      'tracing(): the "incoming" function must answer trust, trust-ids, link, ignore; all else counts as ignore',
    ]);
  }),
);
