import type { Attributes, AttributeValue } from '../core/record.ts';
import { asList, asObject } from '../leaves/json-value.ts';
import { setOwn } from '../leaves/own-slot.ts';

/** Levels of lists and maps inside one attribute value; what is deeper is dropped and counted. */
export const MAX_VALUE_DEPTH = 64;

/** The attributes that a list of OTLP `KeyValue`s holds. */
export interface DecodedAttributes {
  readonly attributes: Attributes;
  /** Members that had no string key, or a value that is no `AnyValue`. */
  readonly dropped: number;
}

type Scalar = string | number | boolean;

/** Reads a `KeyValue` list. Of a repeated key the last one stays; what cannot be read is counted. */
export function decodeAttributes(list: unknown): DecodedAttributes {
  const attributes: Attributes = {};
  let dropped = 0;
  for (const item of asList(list)) {
    const key = asObject(item)?.key;
    const value = typeof key === 'string' ? decodeValue(asObject(item)?.value) : undefined;
    if (typeof key !== 'string' || value === undefined) dropped++;
    else setOwn(attributes, key, value);
  }
  return { attributes, dropped };
}

/**
 * One `AnyValue` as an attribute value. Attributes hold primitives and lists of one kind of
 * primitive; the rest becomes text, as OpenTelemetry says for formats without it (Common, "AnyValue
 * representation for non-OTLP protocols"):
 *
 * - integers that a double cannot hold: their digits, `"9007199254740993"`;
 * - bytes: their base64 text; an empty value: `""`;
 * - maps, nested and mixed lists: JSON, `{"a":1,"b":[true,"x"]}`, with every digit of the integers, doubles
 *   recognisable by a point or exponent, NaN and Infinity as strings, repeated keys repeated.
 *
 * `undefined` when it is no `AnyValue` at all.
 */
export function decodeValue(value: unknown): AttributeValue | undefined {
  const any = asObject(value);
  if (any === undefined) return value === undefined || value === null ? '' : undefined;
  if (any.arrayValue !== undefined && any.arrayValue !== null) return decodeList(any);
  if (any.kvlistValue !== undefined && any.kvlistValue !== null) return valueToJson(any, 0);
  const scalar = decodeScalar(any);
  return scalar === null ? '' : scalar;
}

/** `null` is the empty value, `undefined` what cannot be read. */
function decodeScalar(any: Record<string, unknown>): Scalar | null | undefined {
  const { stringValue, intValue, boolValue, doubleValue, bytesValue } = any;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue !== undefined && intValue !== null) return decodeInteger(intValue);
  if (doubleValue !== undefined && doubleValue !== null) return decodeDouble(doubleValue);
  if (typeof bytesValue === 'string') return bytesValue;
  const isEmpty = stringValue == null && boolValue == null && bytesValue == null;
  return isEmpty ? null : undefined;
}

function decodeInteger(value: unknown): number | string | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?(0|[1-9]\d{0,19})$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** proto3 JSON writes the values JSON has no number for as strings. */
function decodeDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 40) return undefined;
  if (value === 'NaN') return Number.NaN;
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? undefined : number;
}

/** A list of one kind of primitive stays one; every other becomes JSON. */
function decodeList(any: Record<string, unknown>): AttributeValue | undefined {
  const scalars: (Scalar | null)[] = [];
  let kind: string | undefined;
  for (const item of listValues(any)) {
    const scalar = scalarOf(item);
    if (scalar === undefined) return valueToJson(any, 0);
    if (scalar !== null) {
      if (kind !== undefined && kind !== typeof scalar) return valueToJson(any, 0);
      kind = typeof scalar;
    }
    scalars.push(scalar);
  }
  return scalars as AttributeValue;
}

function scalarOf(item: unknown): Scalar | null | undefined {
  const any = item === null ? {} : asObject(item);
  if (any === undefined || any.arrayValue != null || any.kvlistValue != null) return undefined;
  return decodeScalar(any);
}

/** `undefined` when a part cannot be read or lies too deep. */
function valueToJson(value: unknown, depth: number): string | undefined {
  const any = value === undefined || value === null ? {} : asObject(value);
  if (any === undefined || depth > MAX_VALUE_DEPTH) return undefined;
  if (any.arrayValue != null) return listToJson(listValues(any), depth + 1);
  if (any.kvlistValue != null) return mapToJson(asList(asObject(any.kvlistValue)?.values), depth + 1);
  return scalarToJson(any);
}

function scalarToJson(any: Record<string, unknown>): string | undefined {
  const scalar = decodeScalar(any);
  if (scalar === undefined) return undefined;
  if (typeof scalar === 'number') return any.intValue != null ? String(scalar) : doubleToJson(scalar);
  // An integer kept as text for its digits is still a number in JSON.
  if (typeof scalar === 'string' && typeof any.stringValue !== 'string' && any.intValue != null) return scalar;
  return JSON.stringify(scalar);
}

function doubleToJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function listToJson(values: readonly unknown[], depth: number): string | undefined {
  const parts: string[] = [];
  for (const value of values) {
    const json = valueToJson(value, depth);
    if (json === undefined) return undefined;
    parts.push(json);
  }
  return `[${parts.join(',')}]`;
}

function mapToJson(members: readonly unknown[], depth: number): string | undefined {
  const parts: string[] = [];
  for (const member of members) {
    const key = asObject(member)?.key;
    const json = valueToJson(asObject(member)?.value, depth);
    if (typeof key !== 'string' || json === undefined) return undefined;
    parts.push(`${JSON.stringify(key)}:${json}`);
  }
  return `{${parts.join(',')}}`;
}

function listValues(any: Record<string, unknown>): readonly unknown[] {
  return asList(asObject(any.arrayValue)?.values);
}
