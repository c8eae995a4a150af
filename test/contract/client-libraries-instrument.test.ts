import assert from 'node:assert/strict';
import { after, before, beforeEach, describe } from 'node:test';
import got from 'got';
import nodeFetch from 'node-fetch';
import { traceFetch } from 'throughline';
import { capture } from 'throughline/test';
import { Peer } from './client/peer.ts';
import { clientSpans, clientTest, startWith, traceparentOf } from './client/tracer.ts';

/** Node publishes what node:http is about to send since this version. */
const SEES_HTTP = Number(process.versions.node.split('.')[0]) >= 22;

startWith({ instrument: { http: SEES_HTTP } });

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

type Get = (url: string) => Promise<unknown>;

if (SEES_HTTP) {
  describe('libraries that are not handed over, under instrument.http', () => {
    const plain: Readonly<Record<string, Get>> = {
      got: async (url) => (await got(url)).statusCode,
      'node-fetch': async (url) => (await nodeFetch(url)).text(),
    };
    for (const [name, get] of Object.entries(plain)) {
      clientTest(`${name} sends its span along, each hop`, async () => {
        await get(`${peer.origin}/redirect/302?to=/ok`);
        const hops = await clientSpans();
        assert.deepEqual(
          hops.map(({ attributes }) => attributes['http.request.resend_count']),
          [undefined, 1],
        );
        assert.deepEqual(
          peer.received.map(({ headers }) => headers.traceparent),
          hops.map(traceparentOf),
        );
      });
    }
  });
} else {
  describe('node-fetch on a Node without the channel', () => {
    clientTest('is traced when it is handed over, and only then', async () => {
      const { spans } = await capture(() => nodeFetch(`${peer.origin}/ok`).then((response) => response.text()));
      assert.deepEqual(spans, []);
      await traceFetch(nodeFetch)(`${peer.origin}/ok`);
      assert.equal((await clientSpans()).length, 1);
    });
  });
}
