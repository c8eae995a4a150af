import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe } from 'node:test';
import axios from 'axios';
import got from 'got';
import nodeFetch3 from 'node-fetch';
import nodeFetch2 from 'node-fetch2';
import { span, traceAxios, traceFetch, traceHttp } from 'throughline';
import { request as undiciRequest } from 'undici';
import { redactUrls } from '../../src/core/spans/redact-text.ts';
import { closedPort, Peer } from '../contract/client/peer.ts';
import { clientTest, spansSoFar, startWith } from '../contract/client/tracer.ts';

startWith({ instrument: { fetch: true, http: false } });

const peer = new Peer();
let closed: number;
before(async () => {
  await peer.open();
  closed = await closedPort();
});
after(() => peer.close());

const fetch = traceFetch();
const axiosHttp = traceAxios(axios.create());
const axiosFetch = traceAxios(axios.create({ adapter: 'fetch' }));
const traced = traceHttp(http);
const tracedGot = got.extend({
  retry: { limit: 0 },
  request: (url, options, done) => traced.request(url, options, done),
});

const CLIENTS: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  fetch: async (url) => (await fetch(url)).text(),
  'fetch of a URL': async (url) => (await fetch(new URL(url))).text(),
  'fetch of a Request': async (url) => (await fetch(new Request(url))).text(),
  'node-fetch 2': (url) => traceFetch(nodeFetch2)(url), // of an answer that breaks off its text never comes
  'node-fetch 3': (url) => traceFetch(nodeFetch3)(url),
  axios: (url) => axiosHttp.get(url),
  'axios over fetch': (url) => axiosFetch.get(url),
  got: async (url) => await tracedGot(url),
  'undici request': async (url) => (await undiciRequest(url)).body.text(),
  http: (url) =>
    new Promise((resolve, reject) => {
      const request = traced.get(url, (answer) => void answer.once('close', resolve).on('error', reject).resume());
      request.once('error', reject);
    }),
};

const URLS: Readonly<Record<string, () => string>> = {
  'a query': () => `http://127.0.0.1:${closed}/pay?api_key=k4n4ryA&x=k4n4ry%20B`,
  'a query with a blank': () => `http://127.0.0.1:${closed}/pay?api_key=k4n4ry A'k4n4ry`,
  'a fragment': () => `http://127.0.0.1:${closed}/pay#access_token=k4n4ryA`,
  credentials: () => `http://someone:k4n4ryA@127.0.0.1:${closed}/`,
  'credentials that are coded': () => `http://some%20one:k4n4ry%2FA@127.0.0.1:${closed}/?q=k4n4ryB`,
  'a relative URL': () => '/pay?api_key=k4n4ryA&b=k4n4ry B',
  'a URL that does not parse': () => 'http://[::1/pay?api_key=k4n4ryA',
  'a URL that does not parse, with credentials': () => 'http://someone:k4n4ryA@[::1/pay',
  'a failed answer': () => `${peer.origin}/status/503?api_key=k4n4ryA`,
  'an answer that breaks off': () => `${peer.origin}/cut?api_key=k4n4ryA`,
  'an endless redirect': () => `${peer.origin}/redirect/302?to=/loop%3Fapi_key=k4n4ryA`,
  'a scheme that nobody knows': () => 'shop://someone:k4n4ryA@127.0.0.1/?api_key=k4n4ryB',
};

for (const [name, send] of Object.entries(CLIENTS)) {
  describe(`no secret of a URL is recorded: ${name}`, () => {
    for (const [what, url] of Object.entries(URLS)) {
      // The app's own `new Request` throws: no client ever heard of it.
      if (name === 'fetch of a Request' && /relative|does not parse|credentials/.test(what)) continue;

      clientTest(`${what}: neither on the client's span nor on that of its caller`, async () => {
        let failure: unknown;
        await span('caller', () => send(url())).catch((error: unknown) => {
          failure = error;
        });
        const recorded = JSON.stringify(await spansSoFar());
        assert.doesNotMatch(recorded, /k4n4ry/);
        if (failure instanceof Error) assert.ok(failure.message.length > 0, 'the error of the app stays what it is');
      });
    }
  });
}

describe('URLs in a text', () => {
  clientTest('are redacted, in any number, and all else stays', async () => {
    const shown: readonly (readonly [string, string])[] = [
      [
        'GET https://u:p@shop.example/a?b=c&d, or http://x/',
        'GET https://REDACTED:REDACTED@shop.example/a?b=REDACTED&d, or http://x/',
      ],
      ['at file:///app/a.js?v=1:2:3', 'at file:///app/a.js?v=1:2:3'],
      [
        'postgres://u:p@db/shop?sslpassword=x "next"',
        'postgres://REDACTED:REDACTED@db/shop?sslpassword=REDACTED "next"',
      ],
      ['a://b@c@d/e', 'a://REDACTED:REDACTED@d/e'],
      ['http://x/#token=1&y', 'http://x/#token=REDACTED&y'],
      [':// ://?a=b @', ':// ://?a=REDACTED @'],
      ['http://shop/@scope/pkg', 'http://shop/@scope/pkg'],
      ['', ''],
    ];
    for (const [text, expected] of shown) assert.equal(redactUrls(text), expected);
    for (const [, expected] of shown) assert.equal(redactUrls(expected), expected);
  });

  clientTest('are bounded work, whatever the text', async () => {
    for (const text of ['://', 'http://@', '://a?b=', 'http://x/?', 'http://a=b#c=d@']) {
      assert.ok(redactUrls(text.repeat(200_000)).length <= 20 * 65_536);
    }
  });
});
