import { Readable } from 'node:stream';
import type { ContractRequest, ContractTraits, Send } from './traits.ts';

/** The traits of every client over undici. */
export const UNDICI_TRAITS: ContractTraits = {
  redirects: 'seen',
  bodies: ['text', 'parameters', 'bytes', 'stream', 'form'],
  credentials: 'refused',
  tooManyRedirects: 'TypeError',
  seesConnection: true,
};

/** Sends by any fetch, which knows no timeout but a signal's. */
export function sendByFetch(fetch: typeof globalThis.fetch): Send {
  return async function send({ url, method = 'GET', headers, body, signal, timeoutMs }: ContractRequest) {
    const deadline = timeoutMs === undefined ? signal : AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, {
      method,
      ...(headers && { headers }),
      ...(deadline && { signal: deadline }),
      ...bodyOf(body),
    });
    return { status: response.status, body: await response.text() };
  };
}

function bodyOf(body: unknown): object {
  if (body instanceof Readable) return { body: Readable.toWeb(body), duplex: 'half' };
  return body === undefined ? {} : { body };
}
