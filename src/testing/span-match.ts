import { inspect } from 'node:util';
import { wrongArgument } from '../core/options/errors.ts';
import {
  checked,
  isOptions,
  oneOf,
  type Place,
  type Readers,
  readOptions,
  wrongOption,
} from '../core/options/options.ts';
import type { AttributeValue, SpanKind, SpanRecord, SpanStatus } from '../core/record.ts';
import { SPAN_KINDS } from '../core/spans/span-options.ts';
import { sanitize } from '../terminal/text.ts';
import { readField, type SpanField } from './tree/expected.ts';
import { absent, equalTo, searchedBy, textLike, type ValueMatcher } from './tree/value-matcher.ts';

/** Which spans: all that is said must hold, what is not said may be anything. */
export interface SpanMatch {
  /** In a string `*` stands for any characters. */
  readonly name?: string | RegExp | undefined;
  /** `http.route`, likewise. */
  readonly route?: string | RegExp | undefined;
  readonly kind?: SpanKind | undefined;
  /** `'error'`, `'ok'`, `'unset'`; a number is `http.response.status_code`. */
  readonly status?: SpanStatus['code'] | number | undefined;
  /** Values as they must be: in strings `*` is a wildcard, alone for any value; `undefined`: not there. */
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp | undefined>> | undefined;
}

/** A match ready to be asked. */
export interface CompiledMatch {
  matches(span: SpanRecord): boolean;
  /** The fields that it asks about beside the name: worth showing where it fails. */
  readonly fields: readonly SpanField[];
  /** `{ route: '/a' }` */
  readonly text: string;
}

interface Demand {
  readonly field: SpanField;
  readonly matches: ValueMatcher;
}

const STATUSES: readonly unknown[] = ['unset', 'ok', 'error'];

const READERS = {
  name: checked('a text or a RegExp', isTextOrPattern),
  route: checked('a text or a RegExp', isTextOrPattern),
  kind: oneOf(...SPAN_KINDS),
  status: statusDemand,
  attributes: attributeDemands,
} satisfies Readers<SpanMatch>;

/** @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong match */
export function compileMatch(caller: string, match: SpanMatch): CompiledMatch {
  if (!isOptions(match)) throw wrongArgument(caller, "an object such as { name: 'GET /*' }", match);
  const { name, route, kind, status, attributes = [] } = readOptions(caller, match, READERS);
  const demands: Demand[] = [...attributes];
  if (route !== undefined) demands.push({ field: attribute('http.route'), matches: textOrPattern(route) });
  if (kind !== undefined) demands.push({ field: { key: 'kind', isOwn: true }, matches: equalTo(kind) });
  if (status !== undefined) demands.push(status);
  const fitsName = name === undefined ? undefined : textOrPattern(name);
  return {
    matches: (span) =>
      fitsName?.(span.name) !== false && demands.every(({ field, matches }) => matches(readField(span, field))),
    fields: demands.map(({ field }) => field),
    text: sanitize(inspect(match, { breakLength: Number.POSITIVE_INFINITY })),
  };
}

function isTextOrPattern(given: unknown): given is string | RegExp {
  return typeof given === 'string' || given instanceof RegExp;
}

function attribute(key: string): SpanField {
  return { key, isOwn: false };
}

function attributeDemands(given: unknown, at: Place): Demand[] {
  if (!isOptions(given)) throw wrongOption(at, 'an object of attributes', given);
  const wanted: NonNullable<SpanMatch['attributes']> = { ...given };
  return Object.entries(wanted).map(([key, value]) => ({
    field: attribute(key),
    matches: value === undefined ? absent : textOrPattern(value),
  }));
}

function statusDemand(status: unknown, at: Place): Demand {
  if (typeof status === 'number') return { field: attribute('http.response.status_code'), matches: equalTo(status) };
  if (STATUSES.includes(status)) return { field: { key: 'status', isOwn: true }, matches: equalTo(status as string) };
  throw wrongOption(at, "'unset', 'ok', 'error' or a number", status);
}

function textOrPattern(value: AttributeValue | RegExp): ValueMatcher {
  if (value instanceof RegExp) return searchedBy(value);
  return typeof value === 'string' ? textLike(value) : equalTo(value);
}
