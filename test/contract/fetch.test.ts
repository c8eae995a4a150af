import http from 'node:http';
import { traceFetch } from 'throughline';
import { sendByFetch, UNDICI_TRAITS } from './client/fetch-sender.ts';
import { clientContract } from './client/suite.ts';

clientContract('traceFetch, the global one', UNDICI_TRAITS, (options) => sendByFetch(traceFetch(undefined, options)));

function wrapped(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  return fetch(input, init);
}
clientContract('traceFetch, a function over the global one', UNDICI_TRAITS, (options) =>
  sendByFetch(traceFetch(wrapped, options)),
);

/** A fetch of the app's own, over node:http: nobody but itself knows what it does. */
function ownFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers, body, signal } = init;
    const req = http.request(String(url), {
      method,
      headers: { ...(headers as Record<string, string>) },
      agent: false,
    });
    const cancel = (): void => reject(signal?.reason);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', () => req.destroy(signal.reason));
    req.on('error', (cause) => reject(signal?.aborted ? signal.reason : new TypeError('failed', { cause })));
    req.on('response', async (res) => {
      try {
        const text = Buffer.concat(await res.toArray()).toString();
        const { statusCode: status = 0 } = res;
        resolve(new Response(status === 204 || status === 304 ? null : text, { status }));
      } catch (cause) {
        reject(new TypeError('terminated', { cause }));
      }
    });
    if (signal?.aborted) req.destroy();
    else req.end(body);
  });
}

clientContract('traceFetch, a function of the app', { redirects: 'none', bodies: ['text', 'bytes'] }, (options) =>
  sendByFetch(traceFetch(ownFetch, options)),
);
