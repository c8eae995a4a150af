import { nearestUrl } from '../options/errors.ts';
import type { Environment } from './environment.ts';
import { otlpTls, type TlsEnvironment } from './otlp-tls-environment.ts';

/** How the OTLP exporter was set up by the environment: fit for `otlp()`, which refuses none of it. */
export interface OtlpEnvironment {
  readonly endpoint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: (typeof PROTOCOLS)[number];
  readonly compression?: (typeof COMPRESSIONS)[number];
  readonly tls?: TlsEnvironment;
}

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const COMPRESSIONS = ['gzip', 'none'] as const;

/** Of OpenTelemetry's specification, and its default in some SDKs: whoever sets it should know what happens instead. */
const REFUSED_PROTOCOLS: Readonly<Record<string, string>> = {
  grpc: 'gRPC is not spoken here; set http/protobuf, and an endpoint with the collector’s HTTP port, usually 4318',
};

/**
 * Reads `OTEL_EXPORTER_OTLP_*` (OpenTelemetry, OTLP Exporter Configuration), of which the variables for
 * traces come first. `OTEL_EXPORTER_OTLP_ENDPOINT` is a base to which `v1/traces` is appended; the one for
 * traces is taken as it is. The timeout is read with the batch settings; `INSECURE` is for gRPC alone.
 */
export function resolveOtlp(environment: Environment): OtlpEnvironment {
  const endpoint = otlpUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', environment) ?? baseUrl(environment);
  const protocol = first('PROTOCOL', (name) => environment.choice(name, PROTOCOLS, REFUSED_PROTOCOLS));
  const compression = first('COMPRESSION', (name) => environment.choice(name, COMPRESSIONS));
  const tls = otlpTls(environment);
  return {
    headers: {
      ...otlpHeaders('OTEL_EXPORTER_OTLP_HEADERS', environment),
      ...otlpHeaders('OTEL_EXPORTER_OTLP_TRACES_HEADERS', environment),
    },
    ...(endpoint !== undefined && { endpoint: endpoint.href }),
    ...(protocol !== undefined && { protocol }),
    ...(compression !== undefined && { compression }),
    ...(tls !== undefined && { tls }),
  };
}

/** Both are read, so that a wrong one is named also where the other decides. */
function first<Value>(suffix: string, read: (name: string) => Value | undefined): Value | undefined {
  const forAll = read(`OTEL_EXPORTER_OTLP_${suffix}`);
  return read(`OTEL_EXPORTER_OTLP_TRACES_${suffix}`) ?? forAll;
}

/** A `unix:` base names a socket and has no path to append to: the exporter then takes `/v1/traces`. */
function baseUrl(environment: Environment): URL | undefined {
  const base = otlpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', environment);
  if (base !== undefined && base.protocol !== 'unix:') base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`;
  return base;
}

function otlpUrl(name: string, environment: Environment): URL | undefined {
  const text = environment.text(name);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isUsable(url)) return url;
  environment.ignored(name, 'an http:// or https:// URL, or unix:/path', undefined, nearestUrl(text));
  return undefined;
}

function isUsable({ protocol, pathname, hostname }: URL): boolean {
  if (protocol === 'http:' || protocol === 'https:') return true;
  const socketPath = protocol === 'unix:' ? pathname : protocol === 'http+unix:' ? hostname : '';
  return /^(\/|%2f)[^%\0]+(%2f[^%\0]+)*$/i.test(socketPath);
}

/** What RFC 9110 allows; anything else would make the exporter refuse its options, and a variable stops nobody. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function otlpHeaders(name: string, environment: Environment): Record<string, string> {
  const headers = Object.entries(environment.pairs(name));
  const valid = headers.filter(([key, value]) => HEADER_NAME.test(key) && HEADER_VALUE.test(value));
  if (valid.length < headers.length) environment.ignored(name, 'a list of HTTP headers', 'one entry');
  return Object.fromEntries(valid);
}
