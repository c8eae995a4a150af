import type { AttributeValue } from './record.ts';

/** Decides on one attribute: the value to record, in its place or as it was; undefined leaves it out. */
export type RedactAttribute = (key: string, value: AttributeValue) => AttributeValue | undefined;

/** The option `redact`: how much may be recorded of requests, and of everything. */
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

/** In the place of a value that is not recorded. */
export const REDACTED = 'REDACTED';

export const NOTHING_ALLOWED: Redaction = Object.freeze({
  queryNames: new Set<string>(),
  headerNames: new Set<string>(),
  attributes: undefined,
});
