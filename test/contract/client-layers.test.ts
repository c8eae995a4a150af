import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe } from 'node:test';
import axios from 'axios';
import got from 'got';
import { baggage, span, traceAxios, traceFetch, traceHttp } from 'throughline';
import { capture } from 'throughline/test';
import { Agent, interceptors, request } from 'undici';
import { sendByHttp } from './client/http-sender.ts';
import { Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, startWith, traceparentOf } from './client/tracer.ts';

/** Node publishes what node:http is about to send since this version. */
const SEES_HTTP = Number(process.versions.node.split('.')[0]) >= 22;

startWith({ instrument: { fetch: true, http: SEES_HTTP } });

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

const ok = (): string => `${peer.origin}/ok`;

/** The layers that one attempt may go through. */
const stacks: Readonly<Record<string, () => Promise<unknown>>> = {
  'traceFetch under instrument.fetch': () => traceFetch()(ok()),
  'traceFetch of a wrapper under instrument.fetch': () => traceFetch((url: string) => fetch(url))(ok()),
  'traceAxios with the fetch adapter under instrument.fetch': () =>
    traceAxios(axios.create({ adapter: 'fetch' })).get(ok()),
  'traceAxios under instrument.http': () => traceAxios(axios.create()).get(ok()),
  'traceAxios with a query of its own under instrument.http': () =>
    traceAxios(axios.create({ params: { a: 1 }, paramsSerializer: { serialize: () => 'a=one' } })).get(ok()),
  'traceAxios over traceHttp': () =>
    traceAxios(axios.create({ transport: traceHttp(http), maxRedirects: 0 } as object)).get(ok()),
  'traceHttp under instrument.http': () => sendByHttp(traceHttp(http).request, 'http')({ url: ok() }),
  'traceHttp with Expect under instrument.http': () =>
    sendByHttp(traceHttp(http).request, 'http')({ url: ok(), headers: { expect: '100-continue' } }),
};

describe('one attempt through several layers is one span', () => {
  for (const [what, send] of Object.entries(stacks)) {
    clientTest(what, async () => {
      await send();
      const call = await clientSpan();
      assert.equal(peer.received.length, 1);
      assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
    });
  }

  clientTest('each hop of axios is its own under instrument.http', async () => {
    await traceAxios(axios.create()).get(`${peer.origin}/redirect/302?to=/ok`);
    const hops = await clientSpans();
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      hops.map(traceparentOf),
    );
    assert.equal(hops.length, 2);
  });

  clientTest('what a client is told to withhold, the layer below does not add', async () => {
    await traceAxios(axios.create(), { propagateTo: 'none' }).get(ok());
    await traceFetch(undefined, { propagateTo: 'none' })(ok());
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      [undefined, undefined],
    );
    assert.equal((await clientSpans()).length, 2);
  });
});

describe('instrument', () => {
  clientTest('takes the rule of start() for where context may go, and of a capture for its scope', async () => {
    const { spans } = await capture({ propagateTo: 'none' }, () => fetch(ok()).then((response) => response.text()));
    assert.equal(spans.length, 1);
    assert.equal(peer.received[0]?.headers.traceparent, undefined);
    assert.deepEqual(await clientSpans(), []);
  });

  const followers: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
    fetch: (url) => fetch(url).then((response) => response.text()),
    "undici's request": async (url) => {
      const following = new Agent().compose(interceptors.redirect({ maxRedirections: 5 }));
      const { body } = await request(url, { dispatcher: following });
      await body.text();
      await following.close();
    },
    ...(SEES_HTTP && { axios: (url: string) => axios.get(url), got: (url: string) => got(url).text() }),
  };
  for (const [name, follow] of Object.entries(followers)) {
    clientTest(`takes baggage along to no other origin than it may, hop by hop: ${name}`, async () => {
      const other = new Peer();
      await other.open();
      const propagateTo = ({ port }: URL) => ({ trace: true, baggage: Number(port) === peer.port });
      const { spans } = await capture({ propagateTo }, () =>
        baggage.with({ tenant: 'acme' }, () =>
          follow(`${peer.origin}/redirect/302?to=${other.origin}/redirect/307?to=${peer.origin}/ok`),
        ),
      );
      const requests = [peer.received[0], other.received[0], peer.received[1]];
      await other.close();
      assert.deepEqual(
        requests.map((received) => received?.headers.baggage),
        ['tenant=acme', undefined, 'tenant=acme'],
      );
      assert.deepEqual(
        new Set(requests.map((received) => received?.headers.traceparent?.slice(36, 52))),
        new Set(spans.map(({ spanId }) => spanId)),
      );
      assert.equal(spans.length, 3);
    });
  }

  clientTest('names itself as the instrumentation', async () => {
    await span('caller', async () => {
      const response = await fetch(ok());
      await response.text();
    });
    assert.equal((await clientSpan()).scope.name, 'throughline/fetch');
  });
});
