import assert from 'node:assert/strict';
import http, { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import axios from 'axios';
import { span, traceAxios, traceFetch, traceHttp } from 'throughline';
import { capture } from 'throughline/test';

const LAMBDA = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:5';
const HEADERS = { 'X-Request-Id': 'mine', 'X-Amzn-Trace-Id': LAMBDA };

const seen: IncomingHttpHeaders[] = [];
const server = createServer((req, res) => {
  seen.push(req.headers);
  res.end('ok');
});
let url: string;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const done = (res: http.IncomingMessage, resolve: () => void): unknown => res.resume().on('end', resolve);

const CLIENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  axios: () => traceAxios(axios.create()).get(url, { headers: HEADERS }),
  'fetch with an object': () => traceFetch()(url, { headers: HEADERS }),
  'fetch with pairs': () => traceFetch()(url, { headers: Object.entries(HEADERS) }),
  'fetch with Headers': () => traceFetch()(url, { headers: new Headers(HEADERS) }),
  'fetch with a Request': () => traceFetch()(new Request(url, { headers: HEADERS })),
  'http.get': () =>
    new Promise<void>((resolve) => traceHttp(http).get(url, { headers: HEADERS }, (res) => done(res, resolve))),
  'http.request and setHeader': () =>
    new Promise<void>((resolve) => {
      const request = traceHttp(http).request(url, (res) => done(res, resolve));
      for (const [name, value] of Object.entries(HEADERS)) request.setHeader(name, value);
      request.end();
    }),
};

describe('the headers that an app has set itself', () => {
  for (const [name, call] of Object.entries(CLIENTS)) {
    it(`keep their request id and X-Ray's foreign fields: ${name}`, async () => {
      seen.length = 0;
      await capture({ propagators: ['requestid', 'xray'] }, () => span('work', call));
      assert.equal(seen[0]?.['x-request-id'], 'mine');
      assert.match(
        String(seen[0]?.['x-amzn-trace-id']),
        /^Root=1-[0-9a-f-]{33};Parent=[0-9a-f]{16};Sampled=1;Lineage=1:a87bd80c:5$/,
      );
      assert.notEqual(seen[0]?.['x-amzn-trace-id'], LAMBDA);
    });
  }
});
