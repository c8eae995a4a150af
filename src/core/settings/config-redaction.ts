import { sayOnce } from '../diagnostics.ts';
import { optionError } from '../options/errors.ts';
import {
  functionOf,
  group,
  isText,
  listOf,
  type Place,
  type Reader,
  type Readers,
  required,
} from '../options/options.ts';
import { NOTHING_ALLOWED, type RedactAttribute, type Redaction, type RedactOptions } from '../redaction.ts';

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
