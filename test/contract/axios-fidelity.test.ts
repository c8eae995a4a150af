import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, describe } from 'node:test';
import axios, { type AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { traceAxios } from 'throughline';
import { closedPort } from './client/peer.ts';
import { clientTest } from './client/tracer.ts';

/** The bytes of all requests so far, and an answer for each: `/404` is refused, `/redirect` is sent to `/ok`. */
let wire = '';
let server: Server;
let origin = '';

before(async () => {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => server.close());

function answer(socket: Socket): void {
  let request = '';
  socket.on('data', (chunk) => {
    request += chunk.toString('latin1');
    if (!isComplete(request)) return;
    wire += request;
    const status = request.includes(' /404')
      ? '404 Not Found'
      : request.includes(' /redirect')
        ? '302 Found'
        : '200 OK';
    const location = status.startsWith('302') ? 'location: /ok\r\n' : '';
    socket.end(
      `HTTP/1.1 ${status}\r\n${location}content-type: application/json\r\ncontent-length: 8\r\nconnection: close\r\n\r\n{"a": 1}`,
    );
    request = '';
  });
  socket.on('error', () => undefined);
}

function isComplete(request: string): boolean {
  const head = request.indexOf('\r\n\r\n');
  if (head === -1) return false;
  const length = /content-length: (\d+)/i.exec(request)?.[1];
  if (length !== undefined) return request.length >= head + 4 + Number(length);
  return !/transfer-encoding: chunked/i.test(request) || request.endsWith('0\r\n\r\n');
}

/** The bytes, what is ours and what is random taken out. */
function comparable(bytes: string): string {
  return bytes
    .replace(/^(traceparent|tracestate|baggage): .*\r\n/gim, '')
    .replace(/boundary-[\w-]+|[-]+formdata-undici-\d+/g, 'boundary');
}

interface Outcome {
  readonly wire: string;
  readonly seen: Record<string, unknown>;
}

async function outcomeOf(instance: AxiosInstance, config: AxiosRequestConfig): Promise<Outcome> {
  wire = '';
  try {
    return { seen: seenInResponse(await instance.request(config)), wire: comparable(wire) };
  } catch (error) {
    return { seen: seenInError(error as AxiosError), wire: comparable(wire) };
  }
}

function seenInResponse(response: AxiosResponse): Record<string, unknown> {
  const { data, status, statusText, headers, config, request } = response;
  return {
    keys: Object.keys(response),
    data: config.responseType === 'stream' ? 'a stream' : data,
    status,
    statusText,
    headers: { ...headers },
    config: seenInConfig(config),
    request: typeof request,
  };
}

/** Errors of the network, whose stacks begin in a socket. Those of a call that fails at once show who called, and that is us. */
const ANSWERED = /at settle |at TCPConnectWrap/;

function seenInError(error: AxiosError): Record<string, unknown> {
  const { name, message, code, status, response, config, stack } = error;
  return {
    keys: Object.keys(error),
    class: [error instanceof axios.AxiosError, axios.isAxiosError(error), axios.isCancel(error)],
    ...{ name, message, code, status },
    stack: ANSWERED.test(stack ?? '') ? stack?.replace(/:\d+:\d+\)?/g, '') : undefined,
    sameConfig: response === undefined || response.config === config,
    response: response && seenInResponse(response),
    config: config && seenInConfig(config),
  };
}

/** An error's configuration keeps our adapter, for a retry: as JSON, which is how it is looked at, it is the app's. */
function seenInConfig(config: object): Record<string, unknown> {
  const { adapter, data, headers, ...rest } = config as Record<string, unknown>;
  return {
    keys: Reflect.ownKeys(config),
    adapter: JSON.stringify(adapter),
    data: typeof data === 'string' ? data : typeof data,
    headers: Object.entries(headers as object).map(([key, value]) => [key, comparable(String(value))]),
    rest: Object.entries(rest).map(([key, value]) => [
      key,
      typeof value === 'function' ? value : JSON.stringify(value),
    ]),
  };
}

function form(): FormData {
  const data = new FormData();
  data.append('field', 'value');
  return data;
}

const validateStatus = (status: number): boolean => status === 201;
const transformRequest = (data: unknown): string => `${data}!`;
const transformResponse = (data: unknown): unknown => [data];

/** Each made anew for every request: a stream can be sent once. */
const REQUESTS: Readonly<Record<string, () => AxiosRequestConfig>> = {
  'a GET with params': () => ({ url: '/ok', params: { a: [1, 2], b: 'x y' } }),
  'a GET with headers of the app': () => ({ url: '/ok', headers: { 'X-One': '1', accept: 'text/*', 'x-two': 'b' } }),
  'a POST of JSON': () => ({ url: '/ok', method: 'post', data: { a: 1 } }),
  'a POST of text': () => ({ url: '/ok', method: 'post', data: 'plain' }),
  'a PUT of parameters': () => ({ url: '/ok', method: 'put', data: new URLSearchParams({ a: 'b c' }) }),
  'a POST of bytes': () => ({ url: '/ok', method: 'post', data: Buffer.from([0, 200, 13]) }),
  'a POST of a stream': () => ({ url: '/ok', method: 'post', data: Readable.from([Buffer.from('x')]) }),
  'a POST of a form': () => ({ url: '/ok', method: 'post', data: form() }),
  'a POST of nothing': () => ({ url: '/ok', method: 'post' }),
  'a transformed request': () => ({ url: '/ok', method: 'post', data: 'a', transformRequest }),
  'a transformed answer': () => ({ url: '/ok', transformResponse }),
  'a streamed answer': () => ({ url: '/ok', responseType: 'stream' }),
  'a redirected POST': () => ({ url: '/redirect', method: 'post', data: { a: 1 } }),
  credentials: () => ({ url: '/ok', auth: { username: 'u', password: 'p' } }),
  'a refused request': () => ({ url: '/404' }),
  'a refused status': () => ({ url: '/ok', validateStatus }),
  'a request that is too big': () => ({ url: '/ok', method: 'post', data: 'long', maxBodyLength: 1 }),
  'an answer that is too big': () => ({ url: '/ok', maxContentLength: 1 }),
  'a refused connection': () => ({ url: refused }),
  'a cancelled request': () => ({ url: '/ok', signal: AbortSignal.abort() }),
  'an invalid URL': () => ({ url: 'http://', baseURL: '' }),
  'an adapter that there is not': () => ({ url: '/ok', adapter: 'htpt' as 'http' }),
  'an adapter by its name': () => ({ url: '/ok', adapter: 'http' }),
  'the fetch adapter': () => ({ url: '/ok', adapter: 'fetch', method: 'post', data: { a: 1 } }),
  'a list of adapters': () => ({ url: '/404', adapter: ['xhr', 'fetch'] }),
};

let refused = '';
before(async () => {
  refused = `http://127.0.0.1:${await closedPort()}/`;
});

const INSTANCES: Readonly<Record<string, () => AxiosInstance>> = {
  'axios.create()': () => axios.create({ baseURL: origin, headers: { 'x-default': 'd' } }),
  'an instance that tells its adapters': () =>
    Object.assign(axios.create({ baseURL: origin }), { getAdapter: axios.getAdapter }),
};

for (const [kind, makeInstance] of Object.entries(INSTANCES)) {
  describe(`traced and untraced, ${kind} does the same`, () => {
    for (const [claim, makeRequest] of Object.entries(REQUESTS)) {
      clientTest(`with ${claim}`, async () => {
        const outcomes: Outcome[] = [];
        // One line makes both calls, so that even their stacks are the same.
        for (const instance of [makeInstance(), traceAxios(makeInstance())]) {
          outcomes.push(await outcomeOf(instance, makeRequest()));
        }
        const [untraced, traced] = outcomes;
        assert.deepEqual(traced?.wire, untraced?.wire);
        assert.deepEqual(traced?.seen, untraced?.seen);
      });
    }
  });
}
