import http from 'node:http';
import https from 'node:https';
import { traceHttp } from 'throughline';
import { sendByHttp } from './client/http-sender.ts';
import { clientContract } from './client/suite.ts';

const TRAITS = {
  redirects: 'none',
  bodies: ['text', 'bytes', 'stream'],
  credentials: 'moved',
  seesConnection: true,
} as const;

clientContract('traceHttp, node:http', TRAITS, (options) => sendByHttp(traceHttp(http, options).request, 'http'));

clientContract('traceHttp, node:https', { ...TRAITS, scheme: 'https' }, (options) =>
  sendByHttp(traceHttp(https, options).request as typeof http.request, 'https'),
);
