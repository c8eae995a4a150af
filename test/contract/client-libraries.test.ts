import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { after, before, beforeEach, describe } from 'node:test';
import followRedirects from 'follow-redirects';
import got, { type Got } from 'got';
import ky from 'ky';
import nodeFetch from 'node-fetch';
import superagent from 'superagent';
import { baggage, span, traceFetch, traceHttp } from 'throughline';
import { closedPort, Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, spansSoFar, traceparentOf } from './client/tracer.ts';

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

/** A request by a library: its status, for whatever status that is. */
type Get = (url: string) => Promise<number>;

const traced = { http: traceHttp(http), https: traceHttp(https) };

const tracedGot: Got = got.extend({
  request: (url, options, callback) =>
    (url.protocol === 'https:' ? traced.https : traced.http).request(url, options, callback),
  throwHttpErrors: false,
  retry: { limit: 0 },
});
const tracedKy = ky.create({ fetch: traceFetch(), throwHttpErrors: false, retry: 0 });
const tracedNodeFetch = traceFetch(nodeFetch);

/** superagent keeps its clients in a table that it exports. */
const { protocols } = superagent as unknown as { protocols: Record<string, unknown> };
protocols['http:'] = traced.http;
protocols['https:'] = traced.https;

const libraries: Readonly<Record<string, { readonly get: Get; readonly seesHops: boolean }>> = {
  'got, by its option request': { get: async (url) => (await tracedGot(url)).statusCode, seesHops: true },
  'ky, by its option fetch': {
    get: async (url) => {
      const response = await tracedKy(url);
      await response.text();
      return response.status;
    },
    seesHops: true,
  },
  'node-fetch, by traceFetch': {
    get: async (url) => {
      const response = await tracedNodeFetch(url);
      await response.text();
      return response.status;
    },
    seesHops: false,
  },
  'superagent, by its table of protocols': {
    get: async (url) => (await superagent.get(url).ok(() => true)).status,
    seesHops: true,
  },
  'follow-redirects, by wrap': {
    get: (url) =>
      new Promise((resolve, reject) => {
        const { http: following } = followRedirects.wrap(traced) as typeof followRedirects;
        const req = following.get(url, (res) => {
          res.resume();
          res.on('end', () => resolve(res.statusCode ?? 0));
        });
        req.on('error', reject);
      }),
    seesHops: true,
  },
};

for (const [name, { get, seesHops }] of Object.entries(libraries)) {
  describe(name, () => {
    clientTest('sends its span along, under the active one', async () => {
      await span('caller', () => get(`${peer.origin}/ok`));
      const call = await clientSpan();
      const caller = (await spansSoFar()).find((record) => record.name === 'caller');
      assert.equal(call.parentSpanId, caller?.spanId);
      assert.equal(call.attributes['http.response.status_code'], 200);
      assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
    });

    clientTest('an answer 503 is an error of that type', async () => {
      assert.equal(await get(`${peer.origin}/status/503`), 503);
      assert.equal((await clientSpan()).attributes['error.type'], '503');
    });

    clientTest('a refused connection is an error named by its code', async () => {
      await assert.rejects(get(`http://127.0.0.1:${await closedPort()}/`));
      assert.equal((await clientSpan()).attributes['error.type'], 'ECONNREFUSED');
    });

    if (seesHops) {
      clientTest('each hop of a redirect is an attempt with its own context', async () => {
        assert.equal(await get(`${peer.origin}/redirect/302?to=/ok`), 200);
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
    } else {
      clientTest('redirects are one span, with the last status', async () => {
        assert.equal(await get(`${peer.origin}/redirect/302?to=/ok`), 200);
        assert.equal((await clientSpan()).attributes['http.response.status_code'], 200);
      });
    }
  });
}

describe('a library that copies headers from hop to hop', () => {
  clientTest('takes no baggage along to a public host', async () => {
    const other = new Peer();
    await other.open();
    const within = { http: traceHttp(http, { propagateTo: [`127.0.0.1:${peer.port}`] }) };
    protocols['http:'] = within.http;
    await baggage.with({ tenant: 'acme' }, () => get(`${peer.origin}/redirect/302?to=${other.origin}/ok`));
    protocols['http:'] = traced.http;
    await other.close();
    assert.equal(peer.received[0]?.headers.baggage, 'tenant=acme');
    const { traceparent, baggage: leaked } = other.received[0]?.headers ?? {};
    assert.deepEqual([traceparent, leaked], [undefined, undefined]);
  });

  const get: Get = async (url) => (await superagent.get(url)).status;
});

describe('timeouts and retries of libraries', () => {
  clientTest("got's timeout is an error of type timeout", async () => {
    await assert.rejects(tracedGot(`${peer.origin}/hang`, { timeout: { request: 50 } }));
    assert.equal((await clientSpan()).attributes['error.type'], 'timeout');
  });

  clientTest("superagent's abort is a cancellation", async () => {
    const arrived = peer.arrived();
    const request = superagent.get(`${peer.origin}/hang`);
    request.end(() => undefined);
    await arrived;
    const { req } = request as unknown as { req: http.ClientRequest };
    const closed = new Promise((resolve) => req.once('close', resolve));
    request.abort();
    await closed;
    assert.equal((await clientSpan()).attributes['throughline.ending'], 'cancelled');
  });

  clientTest('each try of ky and of got is a span of its own', async () => {
    await tracedKy(`${peer.origin}/flaky/1`, { retry: { limit: 1, delay: () => 1 }, throwHttpErrors: true }).text();
    peer.reset();
    await tracedGot(`${peer.origin}/flaky/1`, {
      retry: { limit: 1, calculateDelay: ({ computedValue }) => Math.min(computedValue, 1) },
    });
    assert.deepEqual(
      (await clientSpans()).map(({ attributes }) => attributes['http.response.status_code']),
      [503, 200, 503, 200],
    );
  });
});
