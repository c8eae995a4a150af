import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { SpanRecord } from '../core/record.ts';
import { dialectOf, JSON_DIALECT, type OtlpDialect } from './otlp-dialect.ts';
import { readBody } from './request-body.ts';

/** One answer of an HTTP server. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
}

/** A request for spans that was understood. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly records: readonly SpanRecord[];
}

/** The events of a receiver. */
export interface ReceiverEvents {
  /** A POST to `/v1/traces` has arrived, whatever it holds. */
  arrived(): void;
  /** Takes an understood request's spans, or answers in the receiver's place. */
  received(request: ReceivedRequest): Promise<Answer | 'hang' | 'reset' | undefined>;
}

/** google.rpc.Code, for the Status body of a failure. */
const INVALID_ARGUMENT = 3;
const UNIMPLEMENTED = 12;

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
  const dialect = dialectOf(req.headers['content-type']);
  const path = (req.url ?? '').split('?', 1)[0];
  const isTraces = path === '/v1/traces';
  if (!isTraces && path !== '/v1/logs' && path !== '/v1/metrics') {
    return failure(dialect, 404, UNIMPLEMENTED, 'POST spans to /v1/traces');
  }
  if (req.method !== 'POST') {
    return { ...failure(dialect, 405, UNIMPLEMENTED, 'only POST is answered'), headers: { allow: 'POST' } };
  }
  if (isTraces) events.arrived();
  if (dialect === undefined) {
    const message = 'content-type must be application/x-protobuf or application/json';
    return failure(dialect, 415, UNIMPLEMENTED, message);
  }
  return isTraces ? answerToTraces(req, dialect, events) : { status: 200, body: dialect.response(0, '') };
}

async function answerToTraces(
  req: IncomingMessage,
  dialect: OtlpDialect,
  events: ReceiverEvents,
): Promise<Answer | 'hang' | 'reset'> {
  const body = await readBody(req);
  if ('status' in body) return failure(dialect, body.status, INVALID_ARGUMENT, body.message);
  const { records, rejected, message, malformed } = dialect.decode(body.bytes);
  if (malformed) return failure(dialect, 400, INVALID_ARGUMENT, message ?? 'not an ExportTraceServiceRequest');
  const override = await events.received({ headers: req.headers, records });
  return override ?? { status: 200, body: dialect.response(rejected, message ?? '') };
}

function failure(dialect: OtlpDialect | undefined, status: number, code: number, message: string): Answer {
  return { status, body: (dialect ?? JSON_DIALECT).status(code, message) };
}

/** OTLP/HTTP: the response has the Content-Type of the request; JSON where that is neither of the two. */
function send(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
  const { contentType, response } = dialectOf(req.headers['content-type']) ?? JSON_DIALECT;
  // A body that was not read to its end leaves the connection unusable for another request.
  const unread = req.complete ? {} : { connection: 'close' };
  res.writeHead(answer.status, { 'content-type': contentType, ...unread, ...answer.headers });
  res.end(answer.body ?? response(0, ''));
  req.resume();
}
