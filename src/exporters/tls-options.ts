import { createSecureContext } from 'node:tls';
import { optionError, refuseUnknownOptions, showValue } from '../core/errors.ts';

/** Whom an https exporter believes, and who it is. Each is PEM text, not the path of a file. */
export interface TlsOptions {
  /** Certificates to trust in the place of Node's own list. */
  readonly ca?: string | undefined;
  /** Our certificate, for a receiver that asks for one (mutual TLS). Needs `key`. */
  readonly cert?: string | undefined;
  /** The private key of `cert`. */
  readonly key?: string | undefined;
}

const OPTION_NAMES: readonly (keyof TlsOptions)[] = ['ca', 'cert', 'key'];

/** Checks the `tls` option of the exporter `call`. The message never holds a key. */
export function checkedTls(call: string, tls: unknown): TlsOptions {
  if (tls === undefined) return {};
  if (typeof tls !== 'object' || tls === null) {
    throw optionError(`${call}(): "tls" must be an object with ca, cert and key, got ${showValue(tls)}`);
  }
  refuseUnknownOptions(call, tls, OPTION_NAMES, 'tls.');
  const { ca, cert, key } = tls as TlsOptions;
  for (const [name, value] of Object.entries({ ca, cert, key })) {
    if (value === undefined || (typeof value === 'string' && value.includes('-----BEGIN '))) continue;
    throw optionError(`${call}(): "tls.${name}" must be PEM text (-----BEGIN …), not the path of a file`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw optionError(`${call}(): "tls.cert" and "tls.key" go together`);
  }
  const given = { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) };
  try {
    createSecureContext(given);
  } catch (error) {
    throw optionError(`${call}(): "tls" is not usable: ${String((error as NodeJS.ErrnoException).code)}`);
  }
  return given;
}
