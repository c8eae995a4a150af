import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import Router from '@koa/router';
import axios from 'axios';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import { traceAxios, traceFetch, traceHttp, tracing } from 'throughline';
import { type Captured, type CaptureOptions, capture } from 'throughline/test';
import { listening } from '../support/listening.ts';
import { closedPort } from './client/peer.ts';

const plain = axios.create({ proxy: false, validateStatus: () => true });

/** /users/:id, /fails (500), /events (a stream), /metrics; mounted under /api where the framework mounts. */
const apps: readonly [name: string, hasRoutes: boolean, makeApp: () => RequestListener][] = [
  ['Express 5', true, () => expressApp(express)],
  ['Express 4', true, () => expressApp(express4)],
  ['Koa', true, koaApp],
  ['node:http', false, httpApp],
];

function expressApp(make: typeof express): RequestListener {
  const app = make();
  const api = make.Router();
  app.use(tracing());
  api.get('/users/:id', (_req, res) => void res.json({}));
  api.get('/fails', (_req, _res, next) => next(new Error('no')));
  api.get('/events', (_req, res) => void res.type('text/event-stream').write('data: 1\n\n'));
  app.use('/api', api);
  app.get('/metrics', tracing.metrics());
  app.use((_error: Error, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).end());
  return app;
}

function koaApp(): RequestListener {
  const app = new Koa();
  const router = new Router();
  app.silent = true;
  app.use(tracing());
  router.get('/api/users/:id', (ctx) => {
    ctx.body = {};
  });
  router.get('/api/fails', () => {
    throw new Error('no');
  });
  router.get('/api/events', (ctx) => {
    ctx.respond = false;
    ctx.res.setHeader('content-type', 'text/event-stream');
    ctx.res.write('data: 1\n\n');
  });
  router.get('/metrics', tracing.metrics());
  app.use(router.routes());
  return app.callback();
}

function httpApp(): RequestListener {
  const metrics = tracing.metrics();
  return tracing.handler((req, res) => {
    if (req.url === '/metrics') return metrics(req, res);
    if (req.url === '/api/events') {
      res.setHeader('content-type', 'text/event-stream').write('data: 1\n\n');
      return;
    }
    res.statusCode = req.url === '/api/fails' ? 500 : req.url?.startsWith('/api/users/') ? 200 : 404;
    res.end();
  });
}

/** Runs `requests` against a server in a capture; resolves with the metrics it serves in the end. */
async function scrape(
  makeApp: () => RequestListener,
  options: CaptureOptions,
  requests: (url: string, captured: Captured) => Promise<unknown>,
  accept = 'application/openmetrics-text',
): Promise<{ text: string; type: string }> {
  let answer = { text: '', type: '' };
  await capture(options, async (captured) => {
    const server = createServer(makeApp());
    const url = await listening(server);
    await requests(url, captured);
    const { data, headers } = await plain.get<string>(`${url}/metrics`, { headers: { accept }, responseType: 'text' });
    answer = { text: data, type: String(headers['content-type']) };
    server.close();
    server.closeAllConnections();
    await captured.settled();
  });
  return answer;
}

async function typicalRequests(url: string): Promise<void> {
  for (const path of ['/api/users/1', '/api/users/2', '/api/fails', '/nowhere']) await plain.get(url + path);
}

function countsIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('http_server_request_duration_seconds_count'))
    .map((line) => line.replace(/^[^{]*/, ''));
}

describe('the metrics of real requests', () => {
  for (const [name, hasRoutes, makeApp] of apps) {
    it(`are by route, method and status, sampled or not: ${name}`, async () => {
      const route = (template: string) =>
        `{http_route="${hasRoutes ? template : '_UNMATCHED'}",url_scheme="http",http_request_method="GET"`;
      const expected = [
        `${route('/api/users/:id')},http_response_status_code="200"} 2`,
        `${route('/api/fails')},http_response_status_code="500",error_type="500"} 1`,
        `${route('_UNMATCHED')},http_response_status_code="404"} 1`,
      ];
      for (const sample of [1, 0]) {
        const { text } = await scrape(makeApp, { sample }, typicalRequests);
        assert.deepEqual(countsIn(text), expected);
        assert.equal(text.includes('trace_id='), sample === 1);
      }
    });

    it(`are served in the format that is asked for: ${name}`, async () => {
      const none = async (): Promise<void> => {};
      const older = await scrape(makeApp, {}, none, 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1');
      assert.match(older.type, /^text\/plain; ?version=0\.0\.4; ?charset=utf-8$/);
      assert.doesNotMatch(older.text, /# EOF/);
      const newer = await scrape(makeApp, {}, none, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
      assert.match(newer.type, /^application\/openmetrics-text; ?version=1\.0\.0; ?charset=utf-8$/);
      assert.match(newer.text, /# EOF\n$/);
    });

    it(`leave event streams out of the durations: ${name}`, async () => {
      for (const sample of [1, 0]) {
        const { text } = await scrape(makeApp, { sample }, async (url, captured) => {
          const request = get(`${url}/api/events`);
          const [answer] = (await once(request, 'response')) as [IncomingMessage];
          await once(answer, 'data');
          request.destroy();
          await captured.settled();
        });
        assert.deepEqual(countsIn(text), []);
        assert.match(text, /^throughline_http_server_streams_total\{.*kind="event-stream"\} 1$/m);
      }
    });
  }

  it('say by which scheme a request came, as a trusted proxy has it, sampled or not', async () => {
    for (const sample of [1, 0]) {
      const app = (): RequestListener => {
        const behind = express();
        behind.set('trust proxy', true);
        behind.use(tracing());
        behind.get('/a', (_req, res) => void res.end());
        behind.get('/metrics', tracing.metrics());
        return behind;
      };
      const { text } = await scrape(app, { sample }, async (url) => {
        await plain.get(`${url}/a`, { headers: { 'x-forwarded-proto': 'https' } });
        await plain.get(`${url}/a`);
      });
      assert.deepEqual(
        countsIn(text).map((line) => /url_scheme="(\w+)"/.exec(line)?.[1]),
        ['https', 'http'],
      );
    }
  });

  it('count outbound attempts by host, whatever the client, sampled or not', async () => {
    const api = traceAxios(axios.create({ proxy: false, validateStatus: () => true }));
    const fetchTraced = traceFetch();
    const httpTraced = traceHttp(http);
    for (const sample of [1, 0]) {
      const { text } = await scrape(httpApp, { sample }, async (url) => {
        await api.get(`${url}/api/users/1`);
        await (await fetchTraced(`${url}/api/users/2`)).text();
        const [answer] = (await once(httpTraced.get(`${url}/api/users/3`), 'response')) as [IncomingMessage];
        await once(answer.resume(), 'close');
        await api.get(`${url}/api/fails`);
        await api.get(`${url}/unheard`, { signal: AbortSignal.abort() }).catch(() => undefined);
        await api.get('http://127.0.0.1:9/').catch(() => undefined);
      });
      const counts = text
        .split('\n')
        .filter((line) => line.startsWith('http_client_request_duration_seconds_count'))
        .map((line) =>
          line
            .replace(/^.*_count\{server_address="127.0.0.1",server_port="(9|\d+)",/, '$1 ')
            .replace(/^\d{2,}/, 'server'),
        );
      assert.deepEqual(counts.sort(), [
        '9 http_request_method="GET",error_type="ECONNREFUSED"} 1',
        'server http_request_method="GET",http_response_status_code="200"} 3',
        'server http_request_method="GET",http_response_status_code="500",error_type="500"} 1',
      ]);
    }
  });

  it('count failures of outbound attempts, whatever the client, sampled or not', async () => {
    const fetchTraced = traceFetch();
    const httpTraced = traceHttp(http);
    for (const sample of [1, 0]) {
      const gone = `http://127.0.0.1:${await closedPort()}/`;
      const { text } = await scrape(httpApp, { sample }, async () => {
        await assert.rejects(fetchTraced(gone));
        await assert.rejects(once(httpTraced.get(gone), 'response'));
      });
      const counts = text.split('\n').filter((line) => line.startsWith('http_client_request_duration_seconds_count'));
      assert.deepEqual(
        counts.map((line) => line.replace(/^.*server_port="\d+",/, '')),
        ['http_request_method="GET",error_type="ECONNREFUSED"} 2'],
      );
    }
  });

  it('count no request where tracing is switched off for metrics', async () => {
    const { text } = await scrape(httpApp, { metrics: false }, typicalRequests);
    assert.deepEqual(countsIn(text), []);
    assert.match(text, /^throughline_spans_ended_total 4$/m);
  });

  it('count aborted requests without a code', async () => {
    const reached: (() => void)[] = [];
    const slow = (): RequestListener =>
      tracing.handler((req, res) => {
        if (req.url === '/metrics') return tracing.metrics()(req, res);
        for (const resolve of reached) resolve();
      });
    const { text } = await scrape(slow, {}, async (url, captured) => {
      const request = get(`${url}/slow`).on('error', () => undefined);
      await new Promise<void>((resolve) => reached.push(resolve));
      request.destroy();
      await captured.settled();
    });
    assert.deepEqual(countsIn(text), ['{http_route="_UNMATCHED",url_scheme="http",http_request_method="GET"} 1']);
  });
});
