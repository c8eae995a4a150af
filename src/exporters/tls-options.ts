import { lazyBuiltin } from '../core/lazy-builtin.ts';
import { optionError } from '../core/options/errors.ts';
import { group, type Place, type Reader, type Readers } from '../core/options/options.ts';

const tls = lazyBuiltin('node:tls');

/** Whom an https exporter believes, and who it is. Each is PEM text, not the path of a file. */
export interface TlsOptions {
  /** Certificates to trust in the place of Node's own list. */
  readonly ca?: string | undefined;
  /** Our certificate, for a receiver that asks for one (mutual TLS). Needs `key`. */
  readonly cert?: string | undefined;
  /** The private key of `cert`. */
  readonly key?: string | undefined;
}

const fields = group(
  { ca: pemText, cert: pemText, key: pemText } satisfies Readers<TlsOptions>,
  'an object with ca, cert and key',
);

/** The option `tls`. No message of its errors holds a key. */
export const tlsReader: Reader<TlsOptions> = (given, at) => {
  const { ca, cert, key } = fields(given, at);
  if ((cert === undefined) !== (key === undefined)) {
    throw optionError(`${at.caller}(): "${at.name}.cert" and "${at.name}.key" go together`);
  }
  const options = { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) };
  try {
    tls().createSecureContext(options);
  } catch (error) {
    throw optionError(`${at.caller}(): "${at.name}" is not usable: ${String((error as NodeJS.ErrnoException).code)}`);
  }
  return options;
};

function pemText(given: unknown, { caller, name }: Place): string {
  if (typeof given === 'string' && given.includes('-----BEGIN ')) return given;
  throw optionError(`${caller}(): "${name}" must be PEM text (-----BEGIN …), not the path of a file`);
}
