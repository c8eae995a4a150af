import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { SpanRecord } from '../core/record.ts';
import { decodeTraceRequest } from '../formats/otlp-json-decode.ts';
import { readBody } from './request-body.ts';

/** One answer of an HTTP server. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** A request for spans that was understood. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly records: readonly SpanRecord[];
}

/** What the receiver tells its owner. */
export interface ReceiverEvents {
  /** A POST to `/v1/traces` has arrived, whatever it holds. */
  arrived(): void;
  /** Takes an understood request's spans, or answers in the receiver's place. */
  received(request: ReceivedRequest): Promise<Answer | 'hang' | 'reset' | undefined>;
}

/** google.rpc.Code, for the Status body of a failure. */
const INVALID_ARGUMENT = 3;
const UNIMPLEMENTED = 12;

const PROTOBUF_MESSAGE = 'OTLP protobuf is not understood here: send OTLP JSON (OTEL_EXPORTER_OTLP_PROTOCOL=http/json)';

/** Serves one request by the rules of OTLP/HTTP. Never rejects. */
export async function receive(req: IncomingMessage, res: ServerResponse, events: ReceiverEvents): Promise<void> {
  try {
    const answer = await answerTo(req, events);
    if (answer === 'hang') return;
    if (answer === 'reset') req.socket.destroy();
    else send(req, res, answer);
  } catch {
    // The connection broke while the body was read, or an answer was given that HTTP cannot send.
    req.socket.destroy();
  }
}

async function answerTo(req: IncomingMessage, events: ReceiverEvents): Promise<Answer | 'hang' | 'reset'> {
  const path = (req.url ?? '').split('?', 1)[0];
  const isTraces = path === '/v1/traces';
  if (!isTraces && path !== '/v1/logs' && path !== '/v1/metrics') {
    return failure(404, UNIMPLEMENTED, 'POST spans to /v1/traces');
  }
  if (req.method !== 'POST')
    return { ...failure(405, UNIMPLEMENTED, 'only POST is answered'), headers: { allow: 'POST' } };
  if (!isTraces) return { status: 200, body: '{}' };
  events.arrived();
  return answerToTraces(req, events);
}

async function answerToTraces(req: IncomingMessage, events: ReceiverEvents): Promise<Answer | 'hang' | 'reset'> {
  const type = (req.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return failure(415, UNIMPLEMENTED, PROTOBUF_MESSAGE);
  if (type !== 'application/json') return failure(415, UNIMPLEMENTED, 'content-type must be application/json');
  const body = await readBody(req);
  if ('status' in body) return failure(body.status, INVALID_ARGUMENT, body.message);
  const { records, rejected, message, malformed } = decodeTraceRequest(body.text);
  if (malformed) return failure(400, INVALID_ARGUMENT, message ?? 'not an ExportTraceServiceRequest');
  const override = await events.received({ headers: req.headers, records });
  if (override !== undefined) return override;
  if (rejected === 0) return { status: 200, body: '{}' };
  const partialSuccess = { rejectedSpans: String(rejected), errorMessage: message };
  return { status: 200, body: JSON.stringify({ partialSuccess }) };
}

function failure(status: number, code: number, message: string): Answer {
  return { status, body: JSON.stringify({ code, message }) };
}

/** OTLP/HTTP: the response has the Content-Type of the request; JSON is all we speak. */
function send(req: IncomingMessage, res: ServerResponse, { status, headers, body = '{}' }: Answer): void {
  // A body that was not read to its end leaves the connection unusable for another request.
  const unread = req.complete ? {} : { connection: 'close' };
  res.writeHead(status, { 'content-type': 'application/json', ...unread, ...headers });
  res.end(body);
  req.resume();
}
