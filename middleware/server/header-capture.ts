import { sayOnce } from '../../src/core/diagnostics.ts';
import { bounded } from '../../src/core/limits.ts';
import { group, listOf, type Reader, type Readers } from '../../src/core/options/options.ts';
import type { Attributes } from '../../src/core/record.ts';
import { REDACTED } from '../../src/core/redaction.ts';
import { headerKey } from '../http-attributes.ts';

/** Which headers are recorded: lists of names, in any case. */
export interface CaptureHeaders {
  readonly request?: readonly string[] | undefined;
  readonly response?: readonly string[] | undefined;
}

/** One header that is to be recorded. */
export interface CapturedHeader {
  /** Lower case. */
  readonly name: string;
  readonly key: string;
  /** Its value stays out unless `redact.headers.allow` names it. */
  readonly holdsCredentials: boolean;
}

/** The option, checked and complete. */
export interface HeaderCapture {
  readonly request: readonly CapturedHeader[];
  readonly response: readonly CapturedHeader[];
}

const MAX_VALUES = 16;
const MAX_LENGTH = 1024;
/** RFC 9110, 5.1. */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const NO_HEADERS: readonly CapturedHeader[] = Object.freeze([]);
export const NOTHING_CAPTURED: HeaderCapture = Object.freeze({ request: NO_HEADERS, response: NO_HEADERS });

const fields = group(
  { request: capturedReader('request'), response: capturedReader('response') } satisfies Readers<CaptureHeaders>,
  '{ request, response }',
);

/** The option `captureHeaders`, complete. */
export const captureReader: Reader<HeaderCapture> = (given, at) => {
  const { request = NO_HEADERS, response = NO_HEADERS } = fields(given, at);
  return { request, response };
};

function capturedReader(direction: 'request' | 'response'): Reader<CapturedHeader[]> {
  return (given, at) => {
    const names = new Set(nameList(given, at).map((name) => name.toLowerCase()));
    return [...names].map((name) => capturedHeader(at.caller, direction, name));
  };
}

const nameList = listOf('a list of names of headers', isFieldName);

function isFieldName(given: unknown): given is string {
  return typeof given === 'string' && FIELD_NAME.test(given);
}

function capturedHeader(caller: string, direction: 'request' | 'response', name: string): CapturedHeader {
  const secret = holdsCredentials(name);
  if (secret) {
    sayOnce(`${caller}(): captureHeaders records "${name}" as REDACTED; start({ redact: { headers } }) says otherwise`);
  }
  return { name, key: headerKey(direction, name), holdsCredentials: secret };
}

/** Words that make a header one of credentials: `x-auth-token`, `x-api-key`, `x-goog-iap-jwt-assertion`. */
const CREDENTIAL_WORDS: ReadonlySet<string> = new Set(
  'auth authorization authentication apikey cookie cookie2 credential credentials csrf jwt key otp passwd password secret session sessionid sid signature token xsrf'.split(
    ' ',
  ),
);

/** A key in them opens nothing. */
const HARMLESS: ReadonlySet<string> = new Set(['idempotency-key', 'sec-websocket-key', 'surrogate-key']);

/** True for a header, by its name in lower case, that lets a reader act for someone else. */
export function holdsCredentials(name: string): boolean {
  return !HARMLESS.has(name) && name.split(/[-_.]/, 16).some((word) => CREDENTIAL_WORDS.has(word));
}

/** Records the captured headers that `valueOf` knows: as a list of texts, as the conventions have it. */
export function noteHeaders(
  attributes: Attributes,
  captured: readonly CapturedHeader[],
  allowed: ReadonlySet<string>,
  headerNamed: (name: string) => unknown,
): void {
  for (const { name, key, holdsCredentials: secret } of captured) {
    const value = headerNamed(name);
    if (value === undefined || value === null) continue;
    attributes[key] = secret && !allowed.has(name) ? [REDACTED] : texts(value);
  }
}

function texts(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_VALUES) : [value];
  return list.map((item) => bounded(String(item), MAX_LENGTH));
}
