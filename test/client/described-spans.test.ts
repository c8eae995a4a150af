import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import axios from 'axios';
import { type ClientOptions, type SpanRecord, traceAxios, traceFetch, traceHttp } from 'throughline';
import { capture } from 'throughline/test';
import { Peer } from '../contract/client/peer.ts';
import { answerText } from './answer-text.ts';

const peer = new Peer();
before(() => peer.open());
after(() => peer.close());

const headers = { 'X-Tenant': 'acme' };
const CLIENTS: Readonly<Record<string, (options: ClientOptions) => Promise<unknown>>> = {
  axios: (options) => traceAxios(axios.create(), options).get(`${peer.origin}/ok?a=1`, { headers }),
  fetch: (options) => traceFetch(options)(`${peer.origin}/ok?a=1`, { headers }),
  http: (options) => answerText((done) => traceHttp(http, options).get(`${peer.origin}/ok?a=1`, { headers }, done)),
};

/** Of the request that was sent last. */
let spans: readonly SpanRecord[] = [];

function last(): SpanRecord {
  const [call, ...others] = spans.filter(({ kind }) => kind === 'client');
  assert.ok(call !== undefined && others.length === 0);
  return call;
}

for (const [name, send] of Object.entries(CLIENTS)) {
  const captured = async (options: ClientOptions): Promise<void> => {
    spans = (await capture(() => send(options))).spans;
  };
  describe(`what the app says of a client span: ${name}`, () => {
    it('attributes and a name by the request', async () => {
      await captured({
        attributes: ({ method, url, headers: given }) =>
          ({
            'app.method': method,
            'app.path': url?.pathname,
            'app.tenant': given.get('x-tenant'),
          }) as never,
        name: ({ method }) => `${method} stock`,
      });
      const call = last();
      assert.equal(call.name, 'GET stock');
      assert.deepEqual(
        [call.attributes['app.method'], call.attributes['app.path'], call.attributes['app.tenant']],
        ['GET', '/ok', 'acme'],
      );
    });

    it('a fixed name', async () => {
      await captured({ name: 'stock' });
      assert.equal(last().name, 'stock');
    });

    const fails = (): never => {
      throw new Error('mine');
    };
    for (const [what, options] of Object.entries<ClientOptions>({
      'functions that throw': { attributes: fails, name: fails },
      'functions that answer nothing': { attributes: () => undefined, name: () => '' },
      'functions that answer something else': { attributes: (() => 7) as never, name: (() => 7) as never },
      'an attributes function that is asynchronous': { attributes: (async () => fails()) as never },
      'a function that changes the URL': {
        attributes: ({ url }) => {
          if (url !== undefined) url.port = '1';
          return {};
        },
      },
    })) {
      it(`${what} change nothing`, async () => {
        await captured(options);
        const call = last();
        assert.equal(call.name, 'GET');
        assert.equal(call.attributes['server.port'], peer.port);
      });
    }

    it('wrong options are refused', async () => {
      for (const options of [{ attributes: {} }, { name: '' }, { name: 7 }]) {
        await assert.rejects(async () => send(options as never), { code: 'ERR_THROUGHLINE_OPTION' });
      }
    });
  });
}
