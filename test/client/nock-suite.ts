import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe } from 'node:test';
import axios from 'axios';
import type nock from 'nock15';
import nodeFetch2 from 'node-fetch2';
import { traceAxios, traceFetch, traceHttp } from 'throughline';
import { Peer } from '../contract/client/peer.ts';
import { clientSpan, clientTest, traceparentOf } from '../contract/client/tracer.ts';
import { answerText } from './answer-text.ts';

// As an app has them: made when its modules are loaded, before nock is.
const tracedHttp = traceHttp(http);
const api = traceAxios(axios.create());
const nodeFetch = traceFetch(nodeFetch2);
const fetch = traceFetch();

type Sender = (url: string) => Promise<string>;

const OVER_HTTP: Readonly<Record<string, Sender>> = {
  'traceHttp(http).get': (url) => answerText((done) => tracedHttp.get(url, done)),
  'traceHttp(http).get with options': (url) =>
    answerText((done) => tracedHttp.get(url, { headers: { accept: '*/*' } }, done)),
  'traceHttp(http).request': (url) => answerText((done) => tracedHttp.request(new URL(url), done)),
  'traceAxios(instance)': async (url) => String((await api.get(url, { responseType: 'text' })).data),
  'traceFetch(node-fetch 2)': async (url) => (await nodeFetch(url)).text(),
};

const WITH_LISTS: Readonly<Record<string, Sender>> = {
  'traceHttp(http).request with a list of headers': (url) =>
    answerText((done) => tracedHttp.request(url, { headers: ['accept', '*/*', 'host', new URL(url).host] }, done)),
};

const OVER_FETCH: Readonly<Record<string, Sender>> = {
  'traceFetch()': async (url) => (await fetch(url)).text(),
};

/** The clients that a version of nock knows how to mock. */
export type NockClients = 'http' | 'lists' | 'fetch';
const SENDERS: Readonly<Record<NockClients, Readonly<Record<string, Sender>>>> = {
  http: OVER_HTTP,
  lists: WITH_LISTS,
  fetch: OVER_FETCH,
};

/** One major version of nock, loaded after the clients were made. Each replaces node:http for the whole process. */
export function nockSuite(
  name: string,
  load: () => Promise<unknown>,
  clients: readonly NockClients[],
  skip?: string,
): void {
  describe(`${name}, loaded after the clients were made`, { skip: skip ?? false }, () => {
    const peer = new Peer();
    let mock: typeof nock;

    before(async () => {
      await peer.open();
      mock = (await load()) as typeof nock;
      mock.disableNetConnect();
      mock.enableNetConnect('127.0.0.1');
    });
    after(async () => {
      mock.cleanAll();
      mock.enableNetConnect();
      mock.restore();
      await peer.close();
    });

    for (const [client, send] of clients.flatMap((kind) => Object.entries(SENDERS[kind]))) {
      clientTest(`${client} is mocked, one span, and the interceptor sees its context`, async () => {
        let seen: unknown;
        const reqheaders = {
          traceparent(value: unknown) {
            seen = String(value); // of some versions a list of one
            return true;
          },
        };
        mock('http://stock.example', { reqheaders }).get('/items/7').reply(201, 'mocked');
        assert.equal(await send('http://stock.example/items/7'), 'mocked');
        const call = await clientSpan();
        assert.equal(call.attributes['http.response.status_code'], 201);
        assert.equal(call.attributes['url.full'], 'http://stock.example/items/7');
        assert.equal(seen, traceparentOf(call));
      });

      clientTest(`${client} reaches a host that is not mocked, one span`, async () => {
        peer.reset();
        assert.equal(await send(`${peer.origin}/ok`), 'ok');
        const call = await clientSpan();
        assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
      });
    }

    clientTest('an error of the mock is an error of the span', async () => {
      mock('http://down.example')
        .get('/')
        .replyWithError(Object.assign(new Error('no'), { code: 'ECONNRESET' }));
      await assert.rejects(answerText((done) => tracedHttp.get('http://down.example/', done)));
      const { status, attributes } = await clientSpan();
      assert.equal(status.code, 'error');
      assert.equal(attributes['error.type'], 'ECONNRESET');
    });
  });
}
