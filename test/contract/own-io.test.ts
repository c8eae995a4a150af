import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import axios from 'axios';
import { span, start, traceAxios, traceFetch, traceHttp } from 'throughline';
import { memory, otlp } from 'throughline/exporters';
import { collector } from 'throughline/test';
import { Peer } from './client-peer.ts';
import { sendByHttp } from './http-sender.ts';
import { endsClean } from './no-leaks.ts';

/** Node publishes what node:http is about to send since this version. */
const SEES_HTTP = Number(process.versions.node.split('.')[0]) >= 22;

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

const ok = (): string => `${peer.origin}/ok`;

/** What an exporter of the app's may send with. */
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
