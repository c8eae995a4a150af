import type { KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lazyBuiltin } from '../lazy-builtin.ts';
import type { Environment } from './environment.ts';

const crypto = lazyBuiltin('node:crypto');

/** PEM texts, checked: TLS can be set up with them. */
export interface TlsEnvironment {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const CERTIFICATE = 'the path of a certificate in PEM';

/**
 * `OTEL_EXPORTER_OTLP_CERTIFICATE` (whom to trust), `_CLIENT_CERTIFICATE` and `_CLIENT_KEY` (who we are),
 * and the same for traces alone: paths of PEM files, read once. What cannot be read, or is no certificate
 * or key, is warned about and ignored; so is a client certificate without its key.
 */
export function otlpTls(environment: Environment): TlsEnvironment | undefined {
  const ca = pem('CERTIFICATE', CERTIFICATE, environment, (text) => new (crypto().X509Certificate)(text));
  const cert = pem('CLIENT_CERTIFICATE', CERTIFICATE, environment, (text) => new (crypto().X509Certificate)(text));
  const key = pem('CLIENT_KEY', 'the path of a private key in PEM', environment, (text) =>
    crypto().createPrivateKey(text),
  );
  const identity = cert !== undefined && key !== undefined && belongTogether(cert.parsed, key.parsed);
  if ((cert !== undefined || key !== undefined) && !identity) {
    environment.ignored('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', 'set together with its OTEL_EXPORTER_OTLP_CLIENT_KEY');
  }
  if (ca === undefined && !identity) return undefined;
  return {
    ...(ca !== undefined && { ca: ca.text }),
    ...(identity && { cert: cert.text, key: key.text }),
  };
}

interface Pem<Parsed> {
  readonly text: string;
  readonly parsed: Parsed;
}

function pem<Parsed>(
  suffix: string,
  expected: string,
  environment: Environment,
  parse: (text: string) => Parsed,
): Pem<Parsed> | undefined {
  const forTraces = `OTEL_EXPORTER_OTLP_TRACES_${suffix}`;
  const name = environment.text(forTraces) === undefined ? `OTEL_EXPORTER_OTLP_${suffix}` : forTraces;
  const path = environment.text(name);
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    return { text, parsed: parse(text) };
  } catch {
    environment.ignored(name, expected);
    return undefined;
  }
}

function belongTogether(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}
