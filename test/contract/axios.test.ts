import http from 'node:http';
import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { traceAxios } from 'throughline';
import { clientContract } from './client/suite.ts';
import type { ContractOptions, Send } from './client/traits.ts';

const ALL_BODIES = ['text', 'json', 'parameters', 'bytes', 'stream', 'form'] as const;

function sendBy(instance: AxiosInstance): Send {
  return async function send({ url, method = 'GET', headers, body, signal, timeoutMs }) {
    const response = await instance.request<string>({
      url,
      method,
      headers: { ...headers },
      data: body,
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      validateStatus: () => true,
      responseType: 'text',
    });
    return { status: response.status, body: response.data };
  };
}

/** axios's own default instance knows its adapters; a fresh one has only names for them. */
function defaultInstance(options: ContractOptions): Send {
  // Not the one that everybody imports: what a test leaves on that, all others get.
  const instance = Object.assign(axios.create(), { getAdapter: axios.getAdapter });
  return sendBy(traceAxios(instance, options));
}

/** An adapter of the app's own: axios shows it the configuration, and that is all. */
function ownAdapter(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  return new Promise((resolve, reject) => {
    const { method = 'get', timeout, signal, data } = config;
    const headers = Object.fromEntries(Object.entries(config.headers.toJSON()).map(([k, v]) => [k, String(v)]));
    const given = signal as AbortSignal | undefined;
    const req = http.request(config.url ?? '', { method: method.toUpperCase(), headers, agent: false });
    const fail = (error: Error): void => reject(axios.AxiosError.from(error, undefined, config, req));
    given?.addEventListener('abort', () => {
      req.destroy();
      reject(new axios.CanceledError('canceled', undefined, config));
    });
    if (timeout) {
      req.setTimeout(timeout, () => {
        req.destroy();
        reject(new axios.AxiosError('too slow', 'ECONNABORTED', config, req));
      });
    }
    req.on('error', fail);
    req.on('response', async (res) => {
      try {
        let text = '';
        for await (const chunk of res) text += String(chunk);
        resolve({ data: text, status: res.statusCode ?? 0, statusText: '', headers: {}, config, request: req });
      } catch (error) {
        fail(error as Error);
      }
    });
    req.end(data);
  });
}

clientContract('axios, the default instance', { redirects: 'seen', bodies: ALL_BODIES }, defaultInstance);

clientContract('axios.create()', { redirects: 'seen', bodies: ALL_BODIES }, (options) =>
  sendBy(traceAxios(axios.create(), options)),
);

clientContract('axios, an adapter of the app', { redirects: 'none', bodies: ['text', 'json', 'bytes'] }, (options) =>
  sendBy(traceAxios(axios.create({ adapter: ownAdapter }), options)),
);

clientContract('axios, the fetch adapter', { redirects: 'unseen', bodies: ALL_BODIES }, (options) =>
  sendBy(traceAxios(axios.create({ adapter: 'fetch' }), options)),
);

clientContract('axios, the class', { redirects: 'seen', bodies: ['json'] }, (options) => {
  const instance = new axios.Axios({ headers: { common: {} } as never });
  instance.defaults = { ...axios.defaults };
  return sendBy(traceAxios(instance as AxiosInstance, options));
});
