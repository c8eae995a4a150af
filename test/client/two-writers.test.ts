import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe } from 'node:test';
import axios, { type AxiosInstance } from 'axios';
import { baggage, traceAxios, traceFetch, traceHttp } from 'throughline';
import { fetch as undiciFetch } from 'undici';
import { Peer } from '../contract/client/peer.ts';
import { clientSpans, clientTest, traceparentOf } from '../contract/client/tracer.ts';
import { answerText } from './answer-text.ts';

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

const traced = traceHttp(http);
type Headers = Record<string, string>;
const CLIENTS: Readonly<Record<string, (path: string, headers: Headers) => Promise<unknown>>> = {
  axios: (path, headers) => traceAxios(axios.create()).get(`${peer.origin}${path}`, { headers }),
  fetch: (path, headers) => traceFetch()(`${peer.origin}${path}`, { headers }),
  'undici fetch': (path, headers) => traceFetch(undiciFetch)(`${peer.origin}${path}`, { headers }),
  http: (path, headers) => answerText((done) => traced.get(`${peer.origin}${path}`, { headers }, done)),
  'http, a list': (path, headers) =>
    answerText((done) => {
      const list = ['host', new URL(peer.origin).host, ...Object.entries(headers).flat()];
      return traced.get(`${peer.origin}${path}`, { headers: list as never }, done);
    }),
};

function members(header: string | string[] | undefined): string[] {
  return String(header).split(',').toSorted();
}

for (const [name, send] of Object.entries(CLIENTS)) {
  describe(`two writers of one baggage header: ${name}`, () => {
    clientTest('members of both go along, once each, and ours win', async () => {
      const theirs = { Baggage: 'sentry-trace_id=7;p=1,tenant=other, sentry-release=1%2C0' };
      await baggage.with({ tenant: 'acme' }, () => send('/ok', theirs));
      const { headers, rawHeaders } = peer.received[0] ?? {};
      assert.deepEqual(members(headers?.baggage), ['sentry-release=1%2C0', 'sentry-trace_id=7;p=1', 'tenant=acme']);
      assert.equal(rawHeaders?.filter((field) => field.toLowerCase() === 'baggage').length, 1);
    });

    clientTest('what is no baggage is replaced, and without ours theirs stays as it is', async () => {
      await baggage.with({ tenant: 'acme' }, () => send('/ok', { baggage: ';;=,' }));
      await send('/ok', { baggage: 'own=1 ; p' });
      assert.deepEqual(
        peer.received.map(({ headers }) => headers.baggage),
        ['tenant=acme', 'own=1 ; p'],
      );
    });

    if (name.startsWith('http')) return;
    clientTest('over redirects too', async () => {
      await baggage.with({ tenant: 'acme' }, () => send('/redirect/302?to=/ok', { baggage: 'own=1' }));
      assert.deepEqual(
        peer.received.map(({ headers }) => members(headers.baggage)),
        [
          ['own=1', 'tenant=acme'],
          ['own=1', 'tenant=acme'],
        ],
      );
    });
  });
}

describe('a hook of redirects', () => {
  function redirecting(beforeRedirect: (options: { headers: Headers }) => void): [AxiosInstance, object] {
    return [traceAxios(axios.create()), { beforeRedirect, headers: { Traceparent: 'own', 'x-app': '1' } }];
  }

  clientTest('sees its own headers, and the next hop has its own context', async () => {
    let seen: Headers = {};
    const [instance, config] = redirecting(({ headers }) => {
      seen = { ...headers };
    });
    await instance.get(`${peer.origin}/redirect/302?to=/ok`, config);
    assert.deepEqual([seen.Traceparent, seen.traceparent, seen['x-app']], ['own', undefined, '1']);
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      (await clientSpans()).map(traceparentOf),
    );
  });

  clientTest('that throws leaves its error on the span of the hop', async () => {
    const [instance, config] = redirecting(() => {
      throw Object.assign(new Error('not there'), { code: 'EFORBIDDEN' });
    });
    await assert.rejects(instance.get(`${peer.origin}/redirect/302?to=/ok`, config), /not there/);
    const [hop, ...others] = await clientSpans();
    assert.deepEqual(others, []);
    assert.equal(hop?.attributes['http.response.status_code'], 302);
    assert.equal(hop?.attributes['error.type'], 'EFORBIDDEN');
    assert.deepEqual(hop?.status, { code: 'error', message: 'not there' });
  });
});
