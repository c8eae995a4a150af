import { nearestUrl } from '../options/errors.ts';
import type { Environment } from './environment.ts';
import { otlpTls, type TlsEnvironment } from './otlp-tls-environment.ts';

/** The set-up of the OTLP exporter by the environment. */
export interface OtlpEnvironment {
  /** Fit for `otlp()`, which refuses none of it. */
  readonly options: OtlpVariables;
  /** The endpoint is taken as it is, though it may have no path. */
  readonly isExact: boolean;
}

interface OtlpVariables {
  readonly endpoint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: (typeof PROTOCOLS)[number];
  readonly compression?: (typeof COMPRESSIONS)[number];
  readonly tls?: TlsEnvironment;
}

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
const COMPRESSIONS = ['gzip', 'none'] as const;

/**
 * Reads `OTEL_EXPORTER_OTLP_*` (OpenTelemetry, OTLP Exporter Configuration), of which the variables for
 * traces come first. `OTEL_EXPORTER_OTLP_ENDPOINT` is a base to which `v1/traces` is appended; the one for
 * traces is taken as it is. gRPC has no path; there a host without a scheme means TLS, unless `INSECURE` is true.
 * The timeout is read with the batch settings.
 */
export function resolveOtlp(environment: Environment): OtlpEnvironment {
  const protocol = first('PROTOCOL', (name) => environment.choice(name, PROTOCOLS));
  const scheme = protocol === 'grpc' ? grpcScheme(environment) : undefined;
  const exact = otlpUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', environment, scheme);
  const endpoint = exact ?? baseUrl(environment, scheme);
  const compression = first('COMPRESSION', (name) => environment.choice(name, COMPRESSIONS));
  const tls = otlpTls(environment);
  const options = {
    headers: {
      ...otlpHeaders('OTEL_EXPORTER_OTLP_HEADERS', environment),
      ...otlpHeaders('OTEL_EXPORTER_OTLP_TRACES_HEADERS', environment),
    },
    ...(endpoint !== undefined && { endpoint: endpoint.href }),
    ...(protocol !== undefined && { protocol }),
    ...(compression !== undefined && { compression }),
    ...(tls !== undefined && { tls }),
  };
  return { options, isExact: exact !== undefined && exact.protocol !== 'unix:' };
}

function grpcScheme(environment: Environment): 'http' | 'https' {
  const isInsecure = first('INSECURE', (name) =>
    environment.text(name) === undefined ? undefined : environment.flag(name),
  );
  return isInsecure === true ? 'http' : 'https';
}

/** Both are read, so that a wrong one is named also where the other decides. */
function first<Value>(suffix: string, read: (name: string) => Value | undefined): Value | undefined {
  const forAll = read(`OTEL_EXPORTER_OTLP_${suffix}`);
  return read(`OTEL_EXPORTER_OTLP_TRACES_${suffix}`) ?? forAll;
}

/** A `unix:` base names a socket and has no path to append to: the exporter then takes `/v1/traces`. */
function baseUrl(environment: Environment, grpcScheme: string | undefined): URL | undefined {
  const base = otlpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', environment, grpcScheme);
  if (grpcScheme === undefined && base !== undefined && base.protocol !== 'unix:')
    base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`;
  return base;
}

/** `grpcScheme` is what a host without a scheme means; without gRPC it is a mistake. */
function otlpUrl(name: string, environment: Environment, grpcScheme: string | undefined): URL | undefined {
  const text = environment.text(name);
  if (text === undefined) return undefined;
  const isBare = grpcScheme !== undefined && nearestUrl(text) !== '';
  const given = isBare ? `${grpcScheme}://${text}` : text;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && isUsable(url)) return url;
  environment.ignored(name, 'an http:// or https:// URL, or unix:/path', undefined, nearestUrl(text));
  return undefined;
}

function isUsable({ protocol, pathname, hostname }: URL): boolean {
  if (protocol === 'http:' || protocol === 'https:') return true;
  const socketPath = protocol === 'unix:' ? pathname : protocol === 'http+unix:' ? hostname : '';
  return /^(\/|%2f)[^%\0]+(%2f[^%\0]+)*$/i.test(socketPath);
}

/** Headers that RFC 9110 allows; others would make the exporter refuse its options, and a variable stops nobody. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function otlpHeaders(name: string, environment: Environment): Record<string, string> {
  const headers = Object.entries(environment.pairs(name));
  const valid = headers.filter(([key, value]) => HEADER_NAME.test(key) && HEADER_VALUE.test(value));
  if (valid.length < headers.length) environment.ignored(name, 'a list of HTTP headers', 'one entry');
  return Object.fromEntries(valid);
}
