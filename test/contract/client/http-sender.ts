import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PEER_IDENTITY } from './peer.ts';
import type { ContractRequest, Send } from './traits.ts';

/** `request` of node:http or node:https. */
export type HttpRequest = typeof http.request;

/** Sends as code over node:http does, over connections of its own that it keeps. */
export function sendByHttp(request: HttpRequest, scheme: 'http' | 'https'): Send {
  const agent =
    scheme === 'http'
      ? new http.Agent({ keepAlive: true })
      : new https.Agent({ keepAlive: true, ca: PEER_IDENTITY.cert });
  return async function send({ url, method = 'GET', headers, body, signal, timeoutMs }: ContractRequest) {
    const req = request(url, {
      method,
      agent,
      ...(headers && { headers }),
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    });
    req.once('timeout', () => req.destroy());
    const res = await answerTo(req, body);
    let text = '';
    for await (const chunk of res) text += String(chunk);
    return { status: res.statusCode ?? 0, body: text };
  };
}

function answerTo(req: ClientRequest, body: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    req.once('error', reject);
    req.once('response', resolve);
    if (body instanceof Readable) pipeline(body, req).catch(reject);
    else req.end(body);
  });
}
