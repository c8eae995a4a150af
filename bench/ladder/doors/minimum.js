import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

// The floor: the least that a tracer has to do for a request, without limits, failures, conventions or export.
const scope = new AsyncLocalStorage();
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
let records = [];
let pushed = 0;

function begin(traceId, parentSpanId, name) {
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, parentSpanId, name, startTimeMs: performance.now(), durationMs: 0, status: 0 };
}

function end(record, status) {
  record.status = status;
  record.durationMs = performance.now() - record.startTimeMs;
  pushed += 1;
  if (records.push(record) === 512) records = [];
}

function trace(req, res, next) {
  const parent = TRACEPARENT.exec(req.headers.traceparent ?? '');
  const record = begin(parent?.[1] ?? randomBytes(16).toString('hex'), parent?.[2], req.method);
  res.once('close', () => end(record, res.statusCode));
  return scope.run(record, next);
}

function minimum(first, second, third) {
  return third ? trace(first, second, third) : trace(first.req, first.res, second);
}

function client(axios) {
  axios.interceptors.request.use((config) => {
    const parent = scope.getStore();
    config.record = begin(parent.traceId, parent.spanId, 'GET');
    config.headers.set('traceparent', header(config.record));
    return config;
  });
  axios.interceptors.response.use((response) => {
    end(response.config.record, response.status);
    return response;
  });
  return axios;
}

/** The same around fetch: a copy of the headers with one more. */
function tracedFetch() {
  return async (url) => {
    const parent = scope.getStore();
    const record = begin(parent.traceId, parent.spanId, 'GET');
    const response = await fetch(url, { headers: { traceparent: header(record) } });
    end(record, response.status);
    return response;
  };
}

/** And around node:http. */
function tracedHttp(http) {
  return {
    ...http,
    get(url, options, onResponse) {
      const parent = scope.getStore();
      const record = begin(parent.traceId, parent.spanId, 'GET');
      return http.get(url, { ...options, headers: { traceparent: header(record) } }, (response) => {
        response.once('end', () => end(record, response.statusCode));
        onResponse(response);
      });
    },
  };
}

function header({ traceId, spanId }) {
  return `00-${traceId}-${spanId}-03`;
}

function counted() {
  const count = pushed;
  pushed = 0;
  return count;
}

export function open() {
  return { middleware: () => minimum, client, fetch: tracedFetch, http: tracedHttp, flush: async () => {}, counted };
}
