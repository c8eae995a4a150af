import type { Environment } from './environment.ts';

/** How the OTLP exporter was set up by the environment. */
export interface OtlpEnvironment {
  readonly endpoint?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `OTEL_EXPORTER_OTLP_ENDPOINT` is a base to which `v1/traces` is appended; the one for traces is taken as it is. */
export function resolveOtlp(environment: Environment): OtlpEnvironment {
  for (const name of ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']) {
    environment.choice(name, ['http/json']); // the only one there is: who wants another is told
  }
  const base = otlpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', environment);
  if (base !== undefined) base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`;
  const endpoint = otlpUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', environment) ?? base;
  const headers = {
    ...otlpHeaders('OTEL_EXPORTER_OTLP_HEADERS', environment),
    ...otlpHeaders('OTEL_EXPORTER_OTLP_TRACES_HEADERS', environment),
  };
  return endpoint === undefined ? { headers } : { endpoint: endpoint.href, headers };
}

function otlpUrl(name: string, environment: Environment): URL | undefined {
  const text = environment.text(name);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  environment.ignored(name, 'an http:// or https:// URL');
  return undefined;
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
