import type { Agent } from 'node:http';
import type { Duration } from '../core/options/duration.ts';
import { optionError } from '../core/options/errors.ts';
import { oneOf, type Readers, readOptions } from '../core/options/options.ts';
import { startDeadline } from '../core/pipeline/deadline.ts';
import type { Exporter, ExportProbe, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { encodeTraceRequestProtobuf } from '../formats/otlp-protobuf-encode.ts';
import { defaultEndpoint, endpointReader } from './endpoint.ts';
import { describeFailure } from './failure-text.ts';
import { type GivenHeaders, headersSource } from './headers-source.ts';
import { agentReader, headersReader, ownHeaders, timeoutReader } from './http-options.ts';
import { HttpPost } from './http-post.ts';
import { OtlpHttp } from './otlp-http.ts';
import { type TlsOptions, tlsReader } from './tls-options.ts';
import type { Transport } from './transport.ts';

/** The wire formats of OTLP. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** Options of {@link otlp}. */
export interface OtlpOptions {
  /**
   * URL of the receiver; `/v1/traces` is added when it has no path, any other path is used as it is.
   * `user:password@` becomes a Basic `authorization` header. A Unix-domain socket is `unix:/run/otel.sock`,
   * or `http+unix://%2Frun%2Fotel.sock/path`. Default `http://127.0.0.1:4318`; of gRPC, which has no path, 4317.
   */
  readonly endpoint?: string | undefined;
  /**
   * The wire format. Default `http/protobuf`: half the bytes of `http/json`, and less work. `grpc` is
   * spoken over node:http2, loaded with the first batch; `https://` means TLS, `http://` none.
   */
  readonly protocol?: OtlpProtocol | undefined;
  /**
   * `gzip` makes a tenth of the bytes, in a thread of its own. Default `none`, as OpenTelemetry has it: most
   * collectors are on the same host or network, where packing costs more than it saves.
   */
  readonly compression?: 'gzip' | 'none' | undefined;
  /**
   * Sent with every request, such as an API key; a function is asked for each request, as tokens that rotate need it.
   * One that fails, or gives what is no header, makes the request fail: it is tried again. `content-*` stay our own.
   */
  readonly headers?: GivenHeaders | undefined;
  /** The longest one request may take, connecting and reading included: milliseconds, or `'10s'`. Default 10000. */
  readonly timeoutMs?: Duration | undefined;
  /** For an https endpoint with a certificate of its own authority, or that asks for ours. */
  readonly tls?: TlsOptions | undefined;
  /**
   * An agent of node:http or node:https to send through, such as a proxy's; not for gRPC. Default: our own, and with
   * `NODE_USE_ENV_PROXY=1` the proxy of `HTTP_PROXY` or `HTTPS_PROXY` where `NO_PROXY` does not spare the receiver.
   */
  readonly agent?: Agent | undefined;
}

/** Writes a request of spans. */
type Encoder = (batch: readonly SpanRecord[]) => Uint8Array;

/** JSON's is loaded with the first batch: most processes need none. */
const ENCODERS: Readonly<Record<OtlpProtocol, () => Promise<Encoder>>> = {
  'http/protobuf': async () => encodeTraceRequestProtobuf,
  'http/json': async () => (await import('../formats/otlp-json-encode.ts')).encodeTraceRequestBytes,
  grpc: async () => encodeTraceRequestProtobuf,
};

const CONTENT_TYPES = { 'http/protobuf': 'application/x-protobuf', 'http/json': 'application/json' } as const;

const READERS = {
  endpoint: endpointReader('/v1/traces'),
  protocol: oneOf('http/protobuf', 'http/json', 'grpc'),
  compression: oneOf('gzip', 'none'),
  headers: headersReader,
  timeoutMs: timeoutReader,
  tls: tlsReader,
  agent: agentReader,
} satisfies Readers<OtlpOptions>;

/** "Requests SHOULD be limited to 64 MiB" (OTLP/HTTP). */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/** Told to a gRPC server where nobody chose a time: the pipeline's own. */
const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Sends spans to an OpenTelemetry collector, or any backend that speaks OTLP over HTTP or gRPC.
 * Throws a `TypeError` with code `ERR_THROUGHLINE_OPTION` for a wrong option; after that nothing throws.
 *
 *     start({ exporters: otlp({ endpoint: 'https://otlp.example.com', headers: { 'x-api-key': key } }) });
 */
export function otlp(options: OtlpOptions = {}): Exporter {
  return new OtlpExporter(readOptions('otlp', options, READERS));
}

/** The same with an endpoint that is taken as it is, though it has no path: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`. */
export function otlpAt(options: OtlpOptions): Exporter {
  return new OtlpExporter(readOptions('otlp', options, { ...READERS, endpoint: endpointReader('/') }));
}

type OtlpSettings = ReturnType<typeof readOptions<typeof READERS>>;

class OtlpExporter implements Exporter {
  readonly name: string = 'otlp';
  readonly destination: string;
  readonly isDefaultDestination: boolean;
  readonly timeoutMs: number | undefined;
  readonly #protocol: OtlpProtocol;
  readonly #open: () => Transport | Promise<Transport>;
  #transport: Transport | undefined;

  constructor(given: OtlpSettings) {
    const { protocol = 'http/protobuf', timeoutMs, tls = {}, agent } = given;
    const isPacked = given.compression === 'gzip';
    const isGrpc = protocol === 'grpc';
    if (isGrpc && agent !== undefined) throw optionError('otlp(): "agent" is for HTTP, and means nothing to gRPC');
    const fallback = isGrpc ? 'http://127.0.0.1:4317' : 'http://127.0.0.1:4318/v1/traces';
    const endpoint = given.endpoint ?? defaultEndpoint(fallback);
    const own = ownHeaders('OTel-OTLP-Exporter-throughline', endpoint.authorization);
    const headers = headersSource(own, given.headers);
    this.destination = isGrpc ? new URL(endpoint.destination).origin : endpoint.destination;
    this.isDefaultDestination = given.endpoint === undefined;
    this.timeoutMs = timeoutMs;
    this.#protocol = protocol;
    if (isGrpc) {
      const settings = { endpoint, headers, tls, isPacked, timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS };
      this.#open = async () => new (await import('./otlp-grpc.ts')).OtlpGrpc(settings);
      this.#transport = undefined;
      return;
    }
    const post = new HttpPost(endpoint, headers, tls, agent);
    const transport = new OtlpHttp(post, CONTENT_TYPES[protocol], isPacked);
    this.#open = () => transport;
    this.#transport = transport;
  }

  async export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    return (await this.#send(batch, signal)).result;
  }

  /** A request without spans: OTLP exporters send none of these, but a receiver must answer as to any other. */
  probe(signal: AbortSignal): Promise<ExportProbe> {
    return this.#send([], signal);
  }

  async #send(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportProbe> {
    const body = await encodeBody(batch, ENCODERS[this.#protocol]);
    if ('outcome' in body) return { result: body };
    const own = this.timeoutMs === undefined ? undefined : startDeadline(this.timeoutMs, signal);
    try {
      this.#transport ??= await this.#open();
      return await this.#transport.send(body, batch.length, own?.signal ?? signal);
    } catch (error) {
      return { result: { outcome: 'retry', reason: describeFailure(error) } };
    } finally {
      own?.clear();
    }
  }

  shutdown(): void {
    this.#transport?.close();
  }
}

/** The bytes, or why there are none. The limit is on what a receiver unpacks. */
async function encodeBody(
  batch: readonly SpanRecord[],
  encoder: () => Promise<Encoder>,
): Promise<Uint8Array | ExportResult> {
  try {
    const encode = await encoder();
    const body = encode(batch);
    if (body.length <= MAX_REQUEST_BYTES) return body;
    return { outcome: 'too-large', reason: `the batch is larger than 64 MiB (${body.length} bytes)` };
  } catch (error) {
    return {
      outcome: 'refused',
      reason: `the batch cannot be encoded: ${String((error as Error | undefined)?.message)}`,
    };
  }
}
