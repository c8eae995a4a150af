import type { Duration } from '../core/options/duration.ts';
import { oneOf, type Place, type Readers, readOptions, wrongOption } from '../core/options/options.ts';
import { startDeadline } from '../core/pipeline/deadline.ts';
import type { Exporter, ExportProbe, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { epochMs } from '../core/timers.ts';
import { encodeTraceRequestProtobuf } from '../formats/otlp-protobuf-encode.ts';
import { gzipped, type Packed } from './compress.ts';
import { defaultEndpoint, endpointReader } from './endpoint.ts';
import { headersReader, ownHeaders, timeoutReader } from './http-options.ts';
import { describeFailure, HttpPost } from './http-post.ts';
import { dateOf, resultOfAnswer } from './otlp-answer.ts';
import { type TlsOptions, tlsReader } from './tls-options.ts';

/** Options of {@link otlp}. */
export interface OtlpOptions {
  /**
   * URL of the receiver; `/v1/traces` is added when it has no path, any other path is used as it is.
   * `user:password@` becomes a Basic `authorization` header. A Unix-domain socket is `unix:/run/otel.sock`,
   * or `http+unix://%2Frun%2Fotel.sock/path`. Default `http://127.0.0.1:4318`.
   */
  readonly endpoint?: string | undefined;
  /** The wire format. Default `http/protobuf`: half the bytes of `http/json`, and less work. */
  readonly protocol?: 'http/protobuf' | 'http/json' | undefined;
  /**
   * `gzip` makes a tenth of the bytes, in a thread of its own. Default `none`, as OpenTelemetry has it: most
   * collectors are on the same host or network, where packing costs more than it saves.
   */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** Sent with every request, such as an API key. `content-*` stay the exporter's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The longest one request may take, connecting and reading included: milliseconds, or `'10s'`. Default 10000. */
  readonly timeoutMs?: Duration | undefined;
  /** For an https endpoint with a certificate of its own authority, or that asks for ours. */
  readonly tls?: TlsOptions | undefined;
}

interface Encoding {
  readonly type: string;
  /** The function that writes spans. JSON's is loaded with the first batch: most processes need none. */
  readonly encoder: () => Promise<(batch: readonly SpanRecord[]) => Uint8Array>;
}

const ENCODINGS: Readonly<Record<'http/protobuf' | 'http/json', Encoding>> = {
  'http/protobuf': {
    type: 'application/x-protobuf',
    encoder: async () => encodeTraceRequestProtobuf,
  },
  'http/json': {
    type: 'application/json',
    encoder: async () => (await import('../formats/otlp-json-encode.ts')).encodeTraceRequestBytes,
  },
};

const READERS = {
  endpoint: endpointReader('/v1/traces'),
  protocol: encodingOf,
  compression: oneOf('gzip', 'none'),
  headers: headersReader,
  timeoutMs: timeoutReader,
  tls: tlsReader,
} satisfies Readers<OtlpOptions>;

/** "Requests SHOULD be limited to 64 MiB" (OTLP/HTTP). */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/**
 * Sends spans to an OpenTelemetry collector, or any backend that speaks OTLP/HTTP.
 * Throws a `TypeError` with code `ERR_THROUGHLINE_OPTION` for a wrong option; after that nothing throws.
 *
 *     start({ exporters: otlp({ endpoint: 'https://otlp.example.com', headers: { 'x-api-key': key } }) });
 */
export function otlp(options: OtlpOptions = {}): Exporter {
  const given = readOptions('otlp', options, READERS);
  const { endpoint = defaultEndpoint('http://127.0.0.1:4318/v1/traces'), headers = {} } = given;
  const encoding = given.protocol ?? ENCODINGS['http/protobuf'];
  const sent = {
    ...ownHeaders('OTel-OTLP-Exporter-throughline', endpoint.authorization),
    ...headers,
    'content-type': encoding.type,
  };
  return new OtlpExporter({
    destination: endpoint.destination,
    isDefaultDestination: given.endpoint === undefined,
    post: new HttpPost(endpoint, sent, given.tls ?? {}),
    encoding,
    isPacked: given.compression === 'gzip',
    timeoutMs: given.timeoutMs,
  });
}

function encodingOf(protocol: unknown, at: Place): Encoding {
  if (protocol === 'http/protobuf' || protocol === 'http/json') return ENCODINGS[protocol];
  const hint = protocol === 'grpc' ? 'for a collector’s gRPC port (4317) give its HTTP port, usually 4318' : '';
  throw wrongOption(at, '"http/protobuf" or "http/json"', protocol, hint);
}

interface OtlpSettings {
  readonly destination: string;
  readonly isDefaultDestination: boolean;
  readonly post: HttpPost;
  readonly encoding: Encoding;
  readonly isPacked: boolean;
  readonly timeoutMs: number | undefined;
}

class OtlpExporter implements Exporter {
  readonly name: string = 'otlp';
  readonly destination: string;
  readonly isDefaultDestination: boolean;
  readonly timeoutMs: number | undefined;
  readonly #settings: OtlpSettings;

  constructor(settings: OtlpSettings) {
    this.destination = settings.destination;
    this.isDefaultDestination = settings.isDefaultDestination;
    this.timeoutMs = settings.timeoutMs;
    this.#settings = settings;
  }

  async export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    return (await this.#send(batch, signal)).result;
  }

  /** A request without spans: OTLP exporters send none of these, but a receiver must answer as to any other. */
  probe(signal: AbortSignal): Promise<ExportProbe> {
    return this.#send([], signal);
  }

  async #send(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportProbe> {
    const { encoding, isPacked, post } = this.#settings;
    const encoded = await encodeBody(batch, encoding);
    if ('outcome' in encoded) return { result: encoded };
    const own = this.timeoutMs === undefined ? undefined : startDeadline(this.timeoutMs, signal);
    try {
      const { body, headers } = isPacked ? await gzipped(encoded.body) : encoded;
      const answer = await post.send(body, own?.signal ?? signal, headers);
      const result = resultOfAnswer(answer, batch.length, encoding.type, epochMs());
      return { result, serverTimeMs: dateOf(answer) };
    } catch (error) {
      return { result: { outcome: 'retry', reason: describeFailure(error) } };
    } finally {
      own?.clear();
    }
  }

  shutdown(): void {
    this.#settings.post.close();
  }
}

/** The bytes, or why there are none. The limit is on what a receiver unpacks. */
async function encodeBody(batch: readonly SpanRecord[], { encoder }: Encoding): Promise<Packed | ExportResult> {
  try {
    const encode = await encoder();
    const body = encode(batch);
    if (body.length <= MAX_REQUEST_BYTES) return { body, headers: {} };
    return { outcome: 'too-large', reason: `the batch is larger than 64 MiB (${body.length} bytes)` };
  } catch (error) {
    return {
      outcome: 'refused',
      reason: `the batch cannot be encoded: ${String((error as Error | undefined)?.message)}`,
    };
  }
}
