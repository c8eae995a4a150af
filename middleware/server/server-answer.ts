import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes } from '../../src/core/record.ts';
import { errorType } from '../../src/core/spans/exception.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import {
  noteEnding,
  noteErrorType,
  noteResponseBodySize,
  noteResponseSize,
  noteStatusCode,
  type ServerEnding,
} from '../http-attributes.ts';
import type { HandshakeEnd } from './handshake.ts';
import type { TimedOutcome } from './request-timer.ts';
import type { ResponseEnd } from './response-end.ts';

/** An error of the app's. In an object, as anything can be thrown, undefined too. */
export interface Failure {
  readonly error: unknown;
  /** It has left the app: then it counts as well where nothing was answered. */
  readonly isAtEdge: boolean;
  /** The app named it itself, which no error on its way replaces. */
  readonly isReported?: true;
}

/** The body of an answer as its head announces it, which is all that is known without counting. */
export interface AnnouncedBody {
  /** A `text/event-stream`: its duration is how long somebody listened, and no latency. */
  readonly isEventStream: boolean;
  readonly length: number | undefined;
}

/** Reads the head of an answer. */
export function announcedBody(headerNamed: (name: string) => unknown): AnnouncedBody {
  return {
    isEventStream: isEventStream(headerNamed('content-type')),
    length: wholeNumber(headerNamed('content-length')),
  };
}

/** The outcome of an exchange: what the caller got, who ended it before its time, and why it failed. */
export interface Answer extends TimedOutcome, ResponseEnd {
  readonly body: AnnouncedBody;
  readonly failure: Failure | undefined;
}

/**
 * Sums up an exchange that is over. `body` is undefined where the head was not looked at, `failure` where no
 * error reached the edge of the app.
 */
export function answerOf(
  req: IncomingMessage,
  res: ServerResponse,
  end: ResponseEnd,
  body: AnnouncedBody | undefined,
  failure: Failure | undefined,
): Answer {
  const { ending, bytesWritten } = end;
  // An answer that was never begun has no status, whatever `statusCode` was preset to.
  const status = ending === undefined || res.headersSent ? res.statusCode : undefined;
  const announced = body ?? announcedBody((name) => res.getHeader(name) ?? writtenType(res, name));
  // What a stream, or the app, destroyed the response with.
  const broken = res.errored ? { error: res.errored, isAtEdge: false } : undefined;
  const isServerError = status !== undefined && status >= 500;
  const cause = isServerError || failure?.isAtEdge === true ? (failure ?? broken) : broken;
  const type = errorTypeOf(req, status, ending, cause);
  const stream = status === 101 ? 'upgrade' : announced.isEventStream ? 'event-stream' : undefined;
  return { ending, bytesWritten, status, errorType: type, stream, body: announced, failure: cause };
}

/** Sums up a handshake, which ends with its answer. */
export function handshakeAnswer(end: HandshakeEnd, failure: Failure | undefined): Answer {
  const { status } = end;
  const type = status !== undefined && status >= 500 ? String(status) : undefined;
  const stream = status === 101 ? 'upgrade' : undefined;
  return { ...end, errorType: type, stream, body: NO_BODY, failure: type === undefined ? undefined : failure };
}

const NO_BODY: AnnouncedBody = Object.freeze({ isEventStream: false, length: undefined });

/** Is a response whose head was written a stream of events? */
export function isStreaming(res: ServerResponse): boolean {
  return res.headersSent && isEventStream(res.getHeader('content-type') ?? writtenType(res, 'content-type'));
}

/**
 * A type that went to `writeHead` past `setHeader`, on plain node:http: it is in the head as it was written.
 * A length is not looked for: the size of such an answer is what the connection took.
 */
function writtenType(res: ServerResponse, name: string): string | undefined {
  const { _header: head } = res as { readonly _header?: unknown };
  if (name !== 'content-type' || typeof head !== 'string') return undefined;
  return /\r\ncontent-type:[ \t]*([^\r\n]*)/i.exec(head)?.[1];
}

/** HTTP semantic conventions: 5xx is an error on a server span, 4xx is the client's, and so is leaving. */
function errorTypeOf(
  req: IncomingMessage,
  status: number | undefined,
  ending: ServerEnding | undefined,
  cause: Failure | undefined,
): string | undefined {
  if (status !== undefined && status >= 500) return String(status);
  if (ending === undefined || (cause?.isAtEdge !== true && !isOurDoing(ending, req))) return undefined;
  return cause === undefined ? ending : errorType(cause.error);
}

/** A client that leaves, or that never sends what it announced, is no failure of the server. */
function isOurDoing(ending: ServerEnding, req: IncomingMessage): boolean {
  return ending === 'destroyed' || (ending === 'timeout' && req.complete);
}

/** Says on the attributes of a request how it was answered. */
export function describeAnswer(attributes: Attributes, req: IncomingMessage, answer: Answer): void {
  const { status, ending } = answer;
  if (status !== undefined) noteStatusCode(attributes, status);
  if (ending !== undefined) noteEnding(attributes, ending);
  if (status !== undefined && hasBody(req, status)) noteSize(attributes, answer);
}

/** RFC 9110, 6.4.1: to HEAD, with 204 and with 304 a length may be announced, of a body that is not sent. */
function hasBody({ method }: IncomingMessage, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/** The size that was announced, when all of it came; of a stream, and of what was cut off, what was written. */
function noteSize(attributes: Attributes, { ending, body, bytesWritten }: Answer): void {
  if (ending === undefined && body.length !== undefined) noteResponseBodySize(attributes, body.length);
  else if (bytesWritten !== undefined && bytesWritten > 0) noteResponseSize(attributes, bytesWritten);
}

/** Marks the span of a request that failed, with the error that it failed by. */
export function noteFailure(span: RecordingSpan, attributes: Attributes, { errorType: type, failure }: Answer): void {
  if (type === undefined) return;
  if (failure !== undefined) span.recordException(failure.error);
  noteErrorType(attributes, type);
  span.setStatus({ code: 'error' });
}

function isEventStream(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^text\/event-stream\b/i.test(contentType);
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
