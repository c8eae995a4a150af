import { sayOnce } from './diagnostics.ts';
import { optionError } from './errors.ts';
import { functionOf, group, isText, listOf, type Place, type Reader, type Readers, required } from './options.ts';
import type { AttributeValue } from './record.ts';

/** Decides on one attribute: the value to record, in its place or as it was; undefined leaves it out. */
export type RedactAttribute = (key: string, value: AttributeValue) => AttributeValue | undefined;

/** What may be recorded of requests, and what of everything. */
export interface RedactOptions {
  /** Names of query parameters, as they are spelled, whose values may be recorded. Default: none. */
  readonly query?: { readonly allow: readonly string[] } | undefined;
  /**
   * Names of headers that hold credentials, which may be recorded all the same where `captureHeaders`
   * names them. A line on stderr says so at start. Default: none.
   */
  readonly headers?: { readonly allow: readonly string[] } | undefined;
  /**
   * Asked for every attribute of every span, its events and its links when the span ends, and for the
   * name of each event (`event.name`) and the message of the status (`status.message`). What throws, or
   * answers no attribute value, leaves the attribute out.
   *
   * @example
   * start({ redact: { attributes: (key, value) => (key === 'user.email' ? 'REDACTED' : value) } });
   */
  readonly attributes?: RedactAttribute | undefined;
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

export const NOTHING_ALLOWED: Redaction = Object.freeze({
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

const READERS = {
  query: (given, at): ReadonlySet<string> => {
    const names = allowedNames(given, at);
    const signing = names.find((name) => SIGNING_PARAMETERS.has(name));
    if (signing === undefined) return new Set(names);
    throw optionError(`${at.caller}(): "${at.name}.allow" must not name "${signing}": its value is a credential`);
  },
  /** Said at every start: who reads the log of a service must be able to see that it records credentials. */
  headers: (given, at): ReadonlySet<string> => {
    const names = new Set(allowedNames(given, at).map((name) => name.toLowerCase()));
    for (const name of names) {
      sayOnce(`${at.caller}(): ${at.name}.allow lets the header "${name}" be recorded where captureHeaders names it`);
    }
    return names;
  },
  attributes: functionOf<RedactAttribute>(),
} satisfies Readers<RedactOptions>;

const fields = group(READERS);

/** The option `redact`, complete. */
export const redactReader: Reader<Redaction> = (given, at) => {
  const { query, headers, attributes } = fields(given, at);
  return {
    queryNames: query ?? NOTHING_ALLOWED.queryNames,
    headerNames: headers ?? NOTHING_ALLOWED.headerNames,
    attributes,
  };
};

const allowFields = group({ allow: required(listOf('a list of names', isText)) }, '{ allow: [names] }');

function allowedNames(given: unknown, at: Place): readonly string[] {
  return allowFields(given, at).allow;
}
