import { sayOnce } from './diagnostics.ts';
import { optionError, refuseUnknownOptions, showValue } from './errors.ts';
import type { AttributeValue } from './record.ts';

/** Decides on one attribute: the value to record, in its place or as it was; undefined leaves it out. */
export type RedactAttribute = (key: string, value: AttributeValue) => AttributeValue | undefined;

/** What may be recorded of requests, and what of everything. */
export interface RedactOptions {
  /** Names of query parameters, as they are spelled, whose values may be recorded. Default: none. */
  readonly query?: { readonly allow: readonly string[] };
  /**
   * Names of headers that hold credentials, which may be recorded all the same where `captureHeaders`
   * names them. A line on stderr says so at start. Default: none.
   */
  readonly headers?: { readonly allow: readonly string[] };
  /**
   * Asked for every attribute of every span, its events and its links when the span ends, and for the
   * name of each event (`event.name`) and the message of the status (`status.message`). What throws, or
   * answers no attribute value, leaves the attribute out.
   *
   * @example
   * start({ redact: { attributes: (key, value) => (key === 'user.email' ? 'REDACTED' : value) } });
   */
  readonly attributes?: RedactAttribute;
}

/** The option, checked and complete. */
export interface Redaction {
  readonly queryNames: ReadonlySet<string>;
  /** Lower case. */
  readonly headerNames: ReadonlySet<string>;
  readonly attributes: RedactAttribute | undefined;
}

/** What stands in the place of a value that is not recorded. */
export const REDACTED = 'REDACTED';

const NOTHING_ALLOWED: Redaction = Object.freeze({
  queryNames: new Set<string>(),
  headerNames: new Set<string>(),
  attributes: undefined,
});

/** HTTP semantic conventions, `url.full`: values of these sign or name a credential. Case-sensitive. */
const SIGNING_PARAMETERS: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Goog-Signature',
  'sig',
]);

/**
 * The `redact` option of `call`, complete.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong one
 */
export function resolveRedaction(call: string, option: unknown): Redaction {
  if (option === undefined) return NOTHING_ALLOWED;
  if (typeof option !== 'object' || option === null) {
    throw optionError(`${call}(): "redact" must be an object, got ${showValue(option)}`);
  }
  refuseUnknownOptions(call, option, ['query', 'headers', 'attributes'], 'redact.');
  const { query, headers, attributes } = option as Record<string, unknown>;
  if (attributes !== undefined && typeof attributes !== 'function') {
    throw optionError(`${call}(): "redact.attributes" must be a function, got ${showValue(attributes)}`);
  }
  return {
    queryNames: allowedParameters(call, query),
    headerNames: allowedHeaders(call, headers),
    attributes: attributes as RedactAttribute | undefined,
  };
}

function allowedParameters(call: string, option: unknown): ReadonlySet<string> {
  const names = allowedNames(call, option, 'redact.query');
  const signing = names.find((name) => SIGNING_PARAMETERS.has(name));
  if (signing === undefined) return new Set(names);
  throw optionError(`${call}(): "redact.query.allow" must not name "${signing}": its value is a credential`);
}

/** Said at every start: who reads the log of a service must be able to see that it records credentials. */
function allowedHeaders(call: string, option: unknown): ReadonlySet<string> {
  const names = allowedNames(call, option, 'redact.headers').map((name) => name.toLowerCase());
  for (const name of names) {
    sayOnce(`${call}(): redact.headers.allow lets the header "${name}" be recorded where captureHeaders names it`);
  }
  return new Set(names);
}

function allowedNames(call: string, option: unknown, name: string): readonly string[] {
  if (option === undefined) return [];
  const { allow } = (option ?? {}) as { allow?: unknown };
  if (typeof option !== 'object' || !Array.isArray(allow) || !allow.every(isName)) {
    throw optionError(`${call}(): "${name}" must be { allow: [names] }, got ${showValue(option)}`);
  }
  refuseUnknownOptions(call, option as object, ['allow'], `${name}.`);
  return allow;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
