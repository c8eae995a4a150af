import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import axios from 'axios';
import { span, start, traceAxios, traceFetch, traceHttp } from 'throughline';
import { memory, otlp } from 'throughline/exporters';
import { collector } from 'throughline/test';
import { endsClean } from './checks/no-leaks.ts';
import { sendByHttp } from './client/http-sender.ts';
import { Peer } from './client/peer.ts';

/** Node publishes what node:http is about to send since this version. */
const SEES_HTTP = Number(process.versions.node.split('.')[0]) >= 22;

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

const ok = (): string => `${peer.origin}/ok`;

/** The clients that an exporter of the app's may send with. */
const senders: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  fetch: (url) => fetch(url).then((response) => response.text()),
  traceFetch: (url) => traceFetch()(url).then((response) => response.text()),
  traceAxios: (url) => traceAxios(axios.create()).get(url),
  'node:http': (url) => sendByHttp(http.request, 'http')({ url }),
  traceHttp: (url) => sendByHttp(traceHttp(http).request, 'http')({ url }),
  'fetch after an await and a timer': async (url) => {
    await new Promise((resolve) => setImmediate(resolve));
    await fetch(url).then((response) => response.text());
  },
};

describe('what exporters send is never traced', () => {
  it(
    'by our own exporter',
    endsClean(async ({ watch, takeDiagnostics }) => {
      const received = await collector();
      const kept = memory();
      const exporters = [otlp({ endpoint: received.url }), kept];
      const tracer = watch(start({ exporters, instrument: { fetch: true, http: SEES_HTTP } }));
      span('one', () => undefined);
      await tracer.flush();
      await tracer.flush();
      await received.close();
      takeDiagnostics();
      assert.deepEqual(
        kept.spans.map(({ name }) => name),
        ['one'],
      );
      assert.equal(tracer.stats().started, 1);
    }),
  );

  it(
    'by our own exporter that tries again, after its timer and after an await',
    endsClean(async ({ watch, takeDiagnostics }) => {
      const received = await collector();
      received.respond(({ number }) => (number < 3 ? { status: 503, headers: { 'retry-after': '0' } } : undefined));
      const exporters = otlp({ endpoint: received.url });
      const tracer = watch(start({ exporters, instrument: { fetch: true, http: SEES_HTTP } }));
      span('one', () => undefined);
      await tracer.flush();
      await tracer.flush();
      takeDiagnostics();
      assert.equal(received.requests, 3);
      assert.deepEqual(
        received.spans.map(({ name }) => name),
        ['one'],
      );
      assert.equal(tracer.stats().started, 1);
      await received.close();
    }),
  );

  it(
    'by one of the app that tries again by itself, on a timer, called out of a span',
    endsClean(async ({ watch, takeDiagnostics }) => {
      let attempts = 0;
      const exporter = {
        name: 'own',
        async export() {
          for (const send of Object.values(senders)) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            await send(ok());
            attempts++;
          }
          if (attempts > Object.keys(senders).length) return { outcome: 'accepted' as const };
          return { outcome: 'retry' as const, reason: 'not yet' };
        },
      };
      const tracer = watch(start({ exporters: exporter, instrument: { fetch: true, http: SEES_HTTP } }));
      // The queue is asked to empty itself from inside a span: what it starts must not belong to that.
      await span('one', async () => {
        span('two', () => undefined);
        await tracer.flush();
      });
      await tracer.flush();
      takeDiagnostics();
      assert.equal(tracer.stats().started, 2);
      assert.ok(attempts > Object.keys(senders).length, `${attempts} attempts`);
      assert.deepEqual(new Set(peer.received.map(({ headers }) => headers.traceparent)), new Set([undefined]));
    }),
  );

  for (const [what, send] of Object.entries(senders)) {
    it(
      `by one that uses ${what}`,
      endsClean(async ({ watch, takeDiagnostics }) => {
        const exporter = {
          name: 'own',
          async export() {
            await send(ok());
            return { outcome: 'accepted' as const };
          },
        };
        const tracer = watch(start({ exporters: exporter, instrument: { fetch: true, http: SEES_HTTP } }));
        span('one', () => undefined);
        await tracer.flush();
        await tracer.flush();
        takeDiagnostics();
        assert.equal(tracer.stats().started, 1);
        assert.equal(peer.received.length, 1);
        assert.equal(peer.received[0]?.headers.traceparent, undefined);
      }),
    );
  }
});
