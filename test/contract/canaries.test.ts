import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http, { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import axios from 'axios';
import express from 'express';
import Koa from 'koa';
import { current, start, type Throughline, traceAxios, traceFetch, traceHttp, tracing } from 'throughline';
import { console as consoleExporter, file, otlp } from 'throughline/exporters';
import { exchange, requestText, type Site, withListener } from './server/bench.ts';

/** FAULTS row 27: secrets in all places where a request may have them. None may be found in anything that leaves. */
const planted: string[] = [];

function secret(): string {
  const text = `canary${planted.length}s3cret`;
  planted.push(text);
  return text;
}

const CREDENTIALS = [
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'X-Api-Key',
  'X-Amz-Security-Token',
  'X-Auth-Token',
  'X-CSRF-Token',
  'X-XSRF-TOKEN',
  'X-Session-Id',
  'Api-Key',
  'X-Goog-IAP-JWT-Assertion',
  'X-Access-Token',
  'X-Client-Secret',
  'Ocp-Apim-Subscription-Key',
];
const PARAMETERS = [
  'token',
  'access_token',
  'api_key',
  'password',
  'code',
  'sig',
  'Signature',
  'AWSAccessKeyId',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Goog-Signature',
];

const out: string[] = [];
let directory = '';
let tl: Throughline | undefined;
const sink = createServer(async (req, res) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  out.push(`${JSON.stringify(req.headers)} ${Buffer.concat(chunks).toString('latin1')}`);
  res.writeHead(200, { 'content-type': String(req.headers['content-type']) }).end();
});
const write = process.stderr.write;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'canaries-'));
  process.stderr.write = function captured(this: unknown, ...args: unknown[]) {
    out.push(String(args[0]));
    return true;
  } as typeof write;
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      out.push(String(chunk));
      done();
    },
  });
  tl = start({
    service: 'canaries',
    exporters: [
      otlp({ endpoint, protocol: 'http/json', compression: 'none' }),
      otlp({ endpoint, protocol: 'http/protobuf', compression: 'none' }),
      file({ path: join(directory, 'spans.jsonl') }),
      consoleExporter({ stream }),
    ],
    redact: {
      query: { allow: ['page'] },
      attributes: (key, value) => (key === 'user.password' || key === 'event.name' ? 'REDACTED' : value),
    },
  });
});
after(async () => {
  process.stderr.write = write;
  sink.closeAllConnections();
  sink.close();
  await rm(directory, { recursive: true, force: true });
});

const CAPTURED = {
  captureHeaders: { request: ['X-Tenant', ...CREDENTIALS], response: ['Set-Cookie', 'X-Auth-Token'] },
};

function query(): string {
  return PARAMETERS.map((name) => `${name}=${secret()}`).join('&');
}

/** Asks a server with secrets in its target, its headers and its body. */
async function askServer(site: Site): Promise<void> {
  const headers = CREDENTIALS.map((name) => `${name}: ${secret()}`);
  const more = [
    `X-Tenant: acme`,
    `Referer: http://x/?token=${secret()}`,
    `baggage: key=${secret()}`,
    `X-Else: ${secret()}`,
  ];
  await exchange(site, requestText(`GET /ok?page=7&${query()}`, [...headers, ...more]));
  const body = secret();
  const target = `http://${secret()}:${secret()}@shop.example/ok?${query()}`;
  await exchange(site, `${requestText(`POST ${target}`, [`Content-Length: ${body.length}`])}${body}`);
  await exchange(site, `GET /fails HTTP/1.1\r\nHost: ${secret()}:${secret()}@shop\r\nConnection: close\r\n\r\n`);
}

/** Has the clients ask with secrets in their URLs and headers. */
async function askAsClients({ port }: Site): Promise<void> {
  const url = (): string => `http://127.0.0.1:${port}/ok?${query()}`;
  const headers = (): Record<string, string> => ({ authorization: secret(), cookie: secret(), 'x-api-key': secret() });
  await traceAxios(axios.create()).get(url(), { headers: headers(), auth: { username: secret(), password: secret() } });
  await (await traceFetch()(`${url()}#access_token=${secret()}`, { headers: headers() })).text();
  const request = traceHttp(http).get(url().replace('//', `//${secret()}:${secret()}@`), { headers: headers() });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'close');
}

test('secrets in requests, answers, URLs and attributes never leave', async () => {
  const setCookie = [secret(), secret()];
  const token = secret();
  const app = express().use(tracing(CAPTURED)).set('env', 'test');
  app.all('/ok', (_req, res) => {
    current()?.tag('user.password', secret()).log(`signed in with ${secret()}`);
    res.set({ 'Set-Cookie': setCookie, 'X-Auth-Token': token }).send(secret());
  });
  app.get('/fails', (_req, _res, next) => next(new Error('the app failed')));
  app.use(tracing.errors());
  const koa = new Koa().use(tracing(CAPTURED)).use((ctx) => {
    ctx.set('Set-Cookie', setCookie);
    ctx.body = secret();
  });
  for (const listener of [app, koa.callback()]) {
    await withListener(listener, async (site) => {
      await askServer(site);
      await askAsClients(site);
    });
  }
  await tl?.shutdown();
  out.push(await readFile(join(directory, 'spans.jsonl'), 'utf8'));

  const everything = out.join('\n');
  assert.ok(planted.length >= 40, `${planted.length} planted`);
  assert.deepEqual(
    planted.filter((canary) => everything.includes(canary)),
    [],
  );
  for (const kept of ['page=7', 'acme', 'REDACTED', 'the app failed']) assert.ok(everything.includes(kept), kept);
  for (const name of PARAMETERS) assert.ok(everything.includes(`${name}=REDACTED`), name);
});
