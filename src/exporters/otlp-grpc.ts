import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { ExportProbe } from '../core/pipeline/exporter.ts';
import type { Endpoint } from './endpoint.ts';
import { type GrpcAnswer, resultOfGrpc } from './grpc-answer.ts';
import { frameMessage, timeoutText } from './grpc-wire.ts';
import type { HeadersSource } from './headers-source.ts';
import type { TlsOptions } from './tls-options.ts';
import type { Transport } from './transport.ts';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** As of an answer over HTTP: more is not read, and is no answer. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** The settings of {@link OtlpGrpc}. */
export interface GrpcSettings {
  readonly endpoint: Endpoint;
  readonly headers: HeadersSource;
  readonly tls: TlsOptions;
  readonly isPacked: boolean;
  /** Told to the other side, which need not work on for longer. */
  readonly timeoutMs: number;
}

/**
 * OTLP/gRPC over node:http2: unary calls on one connection, which is made with the first call and never keeps the
 * process alive. After a deadline, and after `GOAWAY`, the next call makes a new one.
 */
export class OtlpGrpc implements Transport {
  readonly #settings: GrpcSettings;
  #session: ClientHttp2Session | undefined;
  #isClosed: boolean;

  constructor(settings: GrpcSettings) {
    this.#settings = settings;
    this.#session = undefined;
    this.#isClosed = false;
  }

  /**
   * A connection that was kept may have been closed by the other side while it was idle, which is found out only by
   * using it: then the call is made once more, on a fresh one.
   */
  async send(body: Uint8Array, spans: number, signal: AbortSignal): Promise<ExportProbe> {
    const headers = this.#headers(await this.#settings.headers(signal));
    const message = await frameMessage(body, this.#settings.isPacked);
    for (;;) {
      const isKept = this.#session !== undefined;
      try {
        return await resultOfGrpc(await this.#call(headers, message, signal), spans);
      } catch (error) {
        if (!isKept || signal.aborted || this.#isClosed || !isConnectionLost(error)) throw error;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop(this.#session);
  }

  #headers(given: Readonly<Record<string, string>>): OutgoingHttpHeaders {
    const { endpoint, isPacked, timeoutMs } = this.#settings;
    return {
      ...given,
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: PATH,
      [constants.HTTP2_HEADER_SCHEME]: endpoint.url.protocol.slice(0, -1),
      [constants.HTTP2_HEADER_AUTHORITY]: endpoint.url.host,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': timeoutText(timeoutMs),
      'grpc-accept-encoding': 'identity,gzip',
      ...(isPacked && { 'grpc-encoding': 'gzip' }),
    };
  }

  #call(headers: OutgoingHttpHeaders, message: Uint8Array, signal: AbortSignal): Promise<GrpcAnswer> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const session = this.#connected();
      const stream = session.request(headers);
      const giveUp = (): void => {
        reject(signal.reason);
        this.#drop(session); // it may be half-open: nobody would ever say so
      };
      signal.addEventListener('abort', giveUp, { once: true });
      session.once('error', reject); // of a connection that was never made the stream says nothing but that
      readAnswer(stream)
        .then(resolve, reject)
        .finally(() => {
          signal.removeEventListener('abort', giveUp);
          session.off('error', reject);
        });
      stream.end(message);
    });
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { endpoint, tls } = this.#settings;
    const { socketPath, url } = endpoint;
    const over = socketPath === undefined ? {} : { createConnection: () => connectSocket(socketPath) };
    const session = connect(url.origin, { ...tls, ...over });
    session.on('error', () => this.#forget(session));
    session.on('goaway', () => this.#forget(session)); // the calls under way go on; the next one connects anew
    session.on('close', () => this.#forget(session));
    session.unref();
    this.#session = session;
    return session;
  }

  #forget(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined;
  }

  #drop(session: ClientHttp2Session | undefined): void {
    if (session === undefined) return;
    this.#forget(session);
    session.destroy();
  }
}

/** Reads one answer to its end. What grows beyond its bound is closed. */
function readAnswer(stream: ClientHttp2Stream): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let headers: GrpcAnswer['headers'] = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) return;
      reject(new Error('the answer is larger than 4 MiB'));
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('error', reject);
    stream.on('close', () => resolve({ headers, trailers, body: Buffer.concat(chunks) }));
  });
}

function isConnectionLost(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('ERR_HTTP2_');
}
