import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { after, before, beforeEach, describe } from 'node:test';
import axios, { type AxiosError, type AxiosHeaders, type AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import { span, traceAxios } from 'throughline';
import { inRequest, Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, spansSoFar, traceparentOf } from './client/tracer.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Made before any `start()`: the order in which modules run makes that normal. */
const early = traceAxios(axios.create());

const peer = new Peer();

before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

function traced(): AxiosInstance {
  return traceAxios(axios.create({ baseURL: peer.origin }));
}

async function rejection(promise: Promise<unknown>): Promise<AxiosError> {
  try {
    await promise;
  } catch (error) {
    return error as AxiosError;
  }
  return assert.fail('nothing was thrown');
}

describe('traceAxios', () => {
  clientTest('hands back the same instance, and traces it once however often it is asked', async () => {
    const instance = axios.create();
    assert.equal(traceAxios(instance), instance);
    assert.equal(traceAxios(instance), instance);
    await instance.get(`${peer.origin}/ok`);
    await clientSpan();
  });

  clientTest('may be called before start()', async () => {
    await early.get(`${peer.origin}/ok`);
    assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(await clientSpan()));
  });

  clientTest('traces the instance again after the app has cleared its interceptors', async () => {
    const instance = traced();
    instance.interceptors.request.clear();
    await instance.get('/ok');
    assert.deepEqual(await clientSpans(), []);
    await traceAxios(instance).get('/ok');
    await clientSpan();
  });

  clientTest('leaves instances alone that are made from a traced one', async () => {
    await traced().create().get('/ok');
    assert.deepEqual(await spansSoFar(), []);
  });

  clientTest('refuses what is no axios instance, and says what was meant', async () => {
    const code = 'ERR_THROUGHLINE_OPTION';
    for (const wrong of [undefined, null, {}, 'axios', axios.get, { interceptors: {} }]) {
      assert.throws(() => traceAxios(wrong), { name: 'TypeError', code, message: /expected an axios instance/ });
    }
    assert.throws(() => traceAxios({ default: axios }), { code, message: /did you mean its default export\?/ });
  });

  clientTest('refuses wrong options with a hint', async () => {
    const instance = axios.create();
    const wrong = (options: unknown) => () => traceAxios(instance, options as object);
    assert.throws(wrong({ pear: 'x' }), { code: 'ERR_THROUGHLINE_OPTION', message: /"pear"; did you mean "peer"\?/ });
    assert.throws(wrong({ peer: 7 }), { code: 'ERR_THROUGHLINE_OPTION', message: /"peer" must be/ });
    assert.throws(wrong({ propagateTo: 'All' }), { code: 'ERR_THROUGHLINE_OPTION', message: /did you mean 'all'/ });
    assert.throws(wrong(null), { code: 'ERR_THROUGHLINE_OPTION', message: /object of options, got null/ });
  });
});

describe('axios interceptors', () => {
  clientTest('set their headers before ours go in, wherever they stand', async () => {
    const instance = axios.create({ baseURL: peer.origin });
    const stale = (config: { headers: AxiosHeaders }): never => {
      config.headers.set('traceparent', TRACEPARENT);
      return config as never;
    };
    instance.interceptors.request.use(stale as never);
    traceAxios(instance).interceptors.request.use(stale as never);
    await instance.get('/ok');
    assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(await clientSpan()));
  });

  for (const place of ['before', 'after'] as const) {
    clientTest(`that throw ${place} ours leave no span`, async () => {
      const instance = axios.create({ baseURL: peer.origin });
      const refuse = (): never => {
        throw new Error('refused');
      };
      if (place === 'before') instance.interceptors.request.use(refuse);
      traceAxios(instance);
      if (place === 'after') instance.interceptors.request.use(refuse);
      assert.equal((await rejection(instance.get('/ok'))).message, 'refused');
      assert.deepEqual(await spansSoFar(), []);
    });
  }

  clientTest('that swallow an error do not hide it from the span', async () => {
    const instance = traced();
    instance.interceptors.response.use(undefined, () => ({ data: 'instead' }));
    assert.deepEqual(await instance.get('/status/500'), { data: 'instead' });
    assert.equal((await clientSpan()).attributes['error.type'], '500');
  });

  clientTest('run with the span of the caller active', async () => {
    const instance = traced();
    const seen: unknown[] = [];
    const { current } = await import('throughline');
    const look = <Value>(value: Value): Value => {
      seen.push(current()?.spanId);
      return value;
    };
    instance.interceptors.request.use(look);
    instance.interceptors.response.use(look);
    const caller = await span('caller', async (active) => {
      await instance.get('/ok');
      return active.spanId;
    });
    assert.deepEqual(seen, [caller, caller]);
  });
});

describe('an axios request', () => {
  clientTest('whose transformResponse throws has its span ended by its answer', async () => {
    const transformResponse = (): never => {
      throw new Error('no JSON');
    };
    assert.equal((await rejection(traced().get('/ok', { transformResponse }))).message, 'no JSON');
    assert.equal((await clientSpan()).attributes['http.response.status_code'], 200);
  });

  clientTest('rejected by its own validateStatus is no error below 400', async () => {
    const error = await rejection(traced().get('/ok', { validateStatus: (status) => status === 201 }));
    assert.equal(error.response?.status, 200);
    const { status, attributes } = await clientSpan();
    assert.deepEqual(status, { code: 'unset' });
    assert.equal(attributes['error.type'], undefined);
  });

  clientTest('cancelled by a CancelToken is no error, and one cancelled before is no span', async () => {
    const source = axios.CancelToken.source();
    const arrived = peer.arrived();
    const sent = traced().get('/hang', { cancelToken: source.token });
    void arrived.then(() => source.cancel('enough'));
    assert.ok(axios.isCancel(await rejection(sent)));
    const call = await clientSpan();
    assert.equal(call.attributes['throughline.ending'], 'cancelled');
    assert.deepEqual(call.status, { code: 'unset' });
    assert.ok(axios.isCancel(await rejection(traced().get('/ok', { cancelToken: source.token }))));
    await clientSpan();
  });

  clientTest('with baseURL and params is described by the URL that axios builds', async () => {
    await traced().get('/ok', { params: { id: 's3cret', list: ['a', 'b'], none: undefined } });
    const url = String((await clientSpan()).attributes['url.full']);
    assert.equal(url, `${peer.origin}/ok?id=REDACTED&list%5B%5D=REDACTED&list%5B%5D=REDACTED`);
  });

  clientTest('with a serializer of the app has it called once', async () => {
    let calls = 0;
    await traced().get('/ok', { params: { id: 1 }, paramsSerializer: () => `call=${++calls}` });
    assert.equal(calls, 1);
    assert.equal(peer.received[0]?.path, '/ok?call=1');
    assert.equal((await clientSpan()).attributes['url.full'], `${peer.origin}/ok`);
  });

  clientTest('that axios cannot send for its URL is a failed span without an address', async () => {
    const error = await rejection(traceAxios(axios.create()).get('/nowhere'));
    assert.equal(error.code, 'ERR_INVALID_URL');
    const { attributes, status } = await clientSpan();
    assert.deepEqual(attributes, { 'http.request.method': 'GET', 'error.type': 'ERR_INVALID_URL' });
    assert.equal(status.code, 'error');
  });

  clientTest('for a data: URL goes over no network and is no span', async () => {
    const { data } = await traceAxios(axios.create()).get('data:text/plain,s3cret', { responseType: 'text' });
    assert.equal(data, 's3cret');
    assert.deepEqual(await spansSoFar(), []);
  });

  clientTest('for a stream ends its span with the headers, and the body is whole', async () => {
    const { data } = await traced().get<Readable>('/ok', { responseType: 'stream' });
    await clientSpan();
    let text = '';
    for await (const chunk of data) text += String(chunk);
    assert.equal(text, 'ok');
  });

  clientTest('keeps its configuration as it would be without us', async () => {
    const beforeRedirect = (): void => undefined;
    const { config } = await traced().get('/ok', { beforeRedirect, headers: { 'x-app': '1', tracestate: 'mine=1' } });
    assert.equal(config.beforeRedirect, beforeRedirect);
    assert.deepEqual(config.adapter, axios.defaults.adapter);
    assert.equal(config.headers.get('traceparent'), undefined);
    assert.equal(config.headers.get('tracestate'), 'mine=1');
    assert.deepEqual(Object.getOwnPropertySymbols(config), []);
  });

  clientTest('with context of the app, spelled as it likes, is sent with ours and has its own back', async () => {
    const headers = { TraceParent: TRACEPARENT, TRACESTATE: 'mine=1', 'X-App': '1' };
    const { config } = await traced().get('/ok', { headers });
    const [received] = peer.received;
    assert.equal(received?.rawHeaders.filter((name) => name.toLowerCase() === 'traceparent').length, 1);
    assert.equal(received?.headers.traceparent, traceparentOf(await clientSpan()));
    assert.equal(received?.headers.tracestate, undefined);
    const { TraceParent, TRACESTATE, 'X-App': app } = config.headers;
    assert.deepEqual({ TraceParent, TRACESTATE, 'X-App': app }, headers);
    assert.ok(!Object.keys(config.headers).includes('traceparent'));
  });

  clientTest('whose app says traceparent: false sends none', async () => {
    await traced().get('/ok', { headers: { traceparent: false } });
    assert.equal(peer.received[0]?.headers.traceparent, undefined);
    await clientSpan();
  });

  clientTest('to a public host takes the trace along and leaves baggage here, redirected or not', async () => {
    const lookup = async (): Promise<[string, 4]> => ['127.0.0.1', 4];
    const url = `http://shop.example.com:${peer.port}`;
    await inRequest({ traceparent: TRACEPARENT, baggage: 'tenant=acme' }, async () => {
      await traced().get(`${url}/ok`, { lookup });
      await traced().get(`/redirect/302?to=${url}/ok`, { lookup });
    });
    assert.deepEqual(
      peer.received.map(({ headers }) => [headers.traceparent !== undefined, headers.baggage]),
      [
        [true, undefined],
        [true, 'tenant=acme'],
        [true, undefined],
      ],
    );
    const said = (await clientSpans()).map(({ attributes }) => attributes['throughline.withheld']);
    assert.deepEqual(said, [['baggage'], undefined, ['baggage']]);
  });
});

describe('axios redirects', () => {
  clientTest('still ask the beforeRedirect of the app, with its own arguments', async () => {
    const seen: unknown[] = [];
    function beforeRedirect(...args: unknown[]): void {
      const [options, response] = args as [{ href: string; headers: object }, { statusCode: number }];
      seen.push(options.href, response.statusCode, args.length);
      Object.assign(options.headers, { 'x-hop': '2' });
    }
    await traced().get('/redirect/302?to=/ok', { beforeRedirect });
    assert.deepEqual(seen, [`${peer.origin}/ok`, 302, 3]);
    assert.equal(peer.received[1]?.headers['x-hop'], '2');
    assert.equal((await clientSpans()).length, 2);
  });

  clientTest('that the app stops by throwing end with the hop that answered', async () => {
    const stop = new Error('not there');
    const beforeRedirect = (): never => {
      throw stop;
    };
    const error = await rejection(traced().get('/redirect/302?to=/ok', { beforeRedirect }));
    assert.match(String(error.message), /Redirected request failed: not there/);
    assert.equal((await clientSpan()).attributes['http.response.status_code'], 302);
  });

  clientTest('that are switched off are an answer like any other', async () => {
    const { status } = await traced().get('/redirect/302?to=/ok', { maxRedirects: 0, validateStatus: () => true });
    assert.equal(status, 302);
    assert.deepEqual((await clientSpan()).status, { code: 'unset' });
  });
});

describe('axios-retry', () => {
  for (const order of ['before', 'after'] as const) {
    clientTest(`set up ${order} traceAxios makes every attempt a span that counts up`, async () => {
      const instance = axios.create({ baseURL: peer.origin });
      if (order === 'after') traceAxios(instance);
      axiosRetry(instance, { retries: 3 });
      traceAxios(instance);
      const { data, config } = await span('caller', () => instance.get('/flaky/2'));
      assert.equal(data, 'flaky');
      const attempts = await clientSpans();
      assert.deepEqual(
        attempts.map(({ attributes }) => [
          attributes['http.response.status_code'],
          attributes['http.request.resend_count'],
        ]),
        [
          [503, undefined],
          [503, 1],
          [200, 2],
        ],
      );
      assert.equal(new Set(attempts.map(({ parentSpanId }) => parentSpanId)).size, 1);
      assert.deepEqual(
        peer.received.map(({ headers }) => headers.traceparent),
        attempts.map(traceparentOf),
      );
      assert.deepEqual(config.adapter, axios.defaults.adapter);
    });
  }

  clientTest('gives up after the last attempt with the error of that attempt', async () => {
    const instance = traced();
    axiosRetry(instance, { retries: 1 });
    const error = await rejection(instance.get('/status/503'));
    assert.equal(error.response?.status, 503);
    assert.equal((await clientSpans()).length, 2);
  });
});

describe('an error of a traced request', () => {
  clientTest('that is sent again to another host carries none of our headers', async () => {
    const untraced = axios.create();
    const error = await rejection(traced().get('/status/500'));
    assert.equal(error.config?.headers.get('traceparent'), undefined);
    await rejection(untraced.request({ ...error.config, adapter: 'http' } as object));
    assert.equal(peer.received[1]?.headers.traceparent, undefined);
    await clientSpan();
  });

  clientTest('reads in a log as it would without us', async () => {
    const error = await rejection(traced().get('/status/500'));
    const logged = JSON.parse(JSON.stringify(error)) as { config: Record<string, unknown> };
    assert.deepEqual(logged.config.adapter, axios.defaults.adapter);
  });
});

describe('an adapter of the app', () => {
  clientTest('that wraps ours is still one span an attempt, sent again or not', async () => {
    const instance = axios.create({ baseURL: peer.origin });
    instance.interceptors.request.use((config) => {
      const inner = axios.getAdapter(config.adapter);
      config.adapter = (given) => inner(given);
      return config;
    });
    traceAxios(instance);
    const error = await rejection(instance.get('/status/500'));
    await rejection(instance.request(error.config ?? {}));
    assert.equal(peer.received.length, 2);
    assert.equal((await clientSpans()).length, 2);
  });

  clientTest('gets the configuration that its answer carries, with its own function in it', async () => {
    const seen: unknown[] = [];
    const instance = traceAxios(
      axios.create({
        adapter: async function own(config) {
          seen.push(config, config.adapter === own);
          return { data: '', status: 204, statusText: '', headers: {}, config };
        },
      }),
    );
    const { config } = await instance.get('/relative');
    assert.deepEqual(seen, [config, true]);
    assert.deepEqual((await clientSpan()).attributes, {
      'http.request.method': 'GET',
      'http.response.status_code': 204,
    });
  });

  clientTest('that throws at once ends the span, and its error passes', async () => {
    const boom = new Error('boom');
    const instance = traceAxios(
      axios.create({
        adapter: () => {
          throw boom;
        },
      }),
    );
    assert.equal(await rejection(instance.get('http://127.0.0.1/')), boom);
    assert.equal((await clientSpan()).status.message, 'boom');
  });
});
