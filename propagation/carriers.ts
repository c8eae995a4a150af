import type { IncomingHttpHeaders } from 'node:http';
import type { Getter, Setter } from './context.ts';
import { fieldText, isSameField, joinFields } from './field-text.ts';

// Whatever a carrier is, reading gives `undefined` and writing does nothing where it would have thrown:
// frozen objects, Proxies, immutable Headers, sent responses. Names given to these are in lower case.

/** The methods that `Headers`, axios's headers and the like have in common: their names have no case. */
interface HeadersLike {
  get(name: string): unknown;
  set(name: string, value: string): unknown;
}

/** `http.ClientRequest` and `http.ServerResponse`. */
interface OutgoingMessageLike {
  getHeader(name: string): unknown;
  setHeader(name: string, value: string): unknown;
}

/**
 * Reads `req.headers` of node:http, whose names are in lower case and whose repeated fields are joined
 * already: one look, no scan. For anything else take {@link carrierGetter}.
 */
export const incomingHeadersGetter: Getter<IncomingHttpHeaders> = {
  get(headers, name) {
    if (!Object.hasOwn(headers, name)) return undefined;
    const value = headers[name];
    return typeof value === 'string' ? value : fieldText(value);
  },
  keys(headers) {
    return Object.keys(headers);
  },
};

/**
 * The way to read this carrier: `Headers` and the like, `Map`, a list of pairs, an outgoing node:http
 * message, or any object (own properties, names in any case, values strings, bytes or lists of them).
 * What is no carrier reads as empty.
 */
export function carrierGetter(carrier: unknown): Getter<unknown> {
  return accessOf(carrier).getter;
}

/** The way to write into this carrier: see {@link carrierGetter}. A field that is there in any case is replaced. */
export function carrierSetter(carrier: unknown): Setter<unknown> {
  return accessOf(carrier).setter;
}

interface Access {
  readonly getter: Getter<unknown>;
  readonly setter: Setter<unknown>;
}

function accessOf(carrier: unknown): Access {
  try {
    if (!isObject(carrier) || isPlain(carrier)) return recordAccess;
    if (carrier instanceof Map) return mapAccess;
    if (Array.isArray(carrier)) return pairsAccess;
    if (hasMethods(carrier, 'get', 'set')) return headersAccess;
    return hasMethods(carrier, 'getHeader', 'setHeader') ? outgoingAccess : recordAccess;
  } catch {
    return recordAccess; // A Proxy that throws at every look: it reads as empty.
  }
}

function hasMethods(carrier: Record<string, unknown>, getName: string, setName: string): boolean {
  return typeof carrier[getName] === 'function' && typeof carrier[setName] === 'function';
}

/** A plain object is a record, whatever its fields or those of a polluted Object.prototype are called. */
function isPlain(carrier: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(carrier);
  return prototype === null || prototype === Object.prototype;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A getter from two plain functions: what they throw counts as nothing found. */
function safeGetter<C>(
  read: (carrier: C, name: string) => string | undefined,
  list: (carrier: C) => Iterable<unknown>,
): Getter<unknown> {
  return {
    get(carrier, name) {
      try {
        return read(carrier as C, name);
      } catch {
        return undefined;
      }
    },
    keys(carrier) {
      try {
        return Array.from(list(carrier as C)).filter((key) => typeof key === 'string');
      } catch {
        return [];
      }
    },
  };
}

function safeSetter<C>(
  write: (carrier: C, name: string, value: string) => void,
  { get }: Partial<Getter<unknown>>,
): Setter<unknown> {
  return {
    ...(get !== undefined && { get }),
    set(carrier, name, value) {
      try {
        write(carrier as C, name, value);
      } catch {
        // The carrier cannot be written to: the message goes without this field.
      }
    },
  };
}

function accessBy(getter: Getter<unknown>, write: (carrier: never, name: string, value: string) => void): Access {
  return { getter, setter: safeSetter(write, getter) };
}

const recordAccess: Access = accessBy(safeGetter(readRecord, listRecord), writeRecord);
const mapAccess: Access = accessBy(safeGetter(readMap, listMap), writeMap);
const pairsAccess: Access = accessBy(safeGetter(readPairs, listPairs), writePairs);
const headersAccess: Access = accessBy(safeGetter(readHeaders, listHeaders), writeHeaders);
const outgoingAccess: Access = accessBy(safeGetter(readOutgoing, listOutgoing), writeOutgoing);

/** Writes a field that an object does not have yet, in whatever case, and does not inherit either. */
export const newFieldSetter: Setter<unknown> = safeSetter((carrier: Record<string, unknown>, name, value) => {
  carrier[name] = value;
}, {});

function readRecord(carrier: unknown, name: string): string | undefined {
  if (!isObject(carrier)) return undefined;
  let text: string | undefined;
  for (const key of Object.keys(carrier)) {
    if (isSameField(key, name)) text = joinFields(text, fieldText(carrier[key]));
  }
  return text;
}

function listRecord(carrier: unknown): Iterable<unknown> {
  return isObject(carrier) ? Object.keys(carrier) : [];
}

function writeRecord(carrier: unknown, name: string, value: string): void {
  if (!isObject(carrier)) return;
  for (const key of Object.keys(carrier)) {
    if (key !== name && isSameField(key, name)) delete carrier[key];
  }
  if (Object.hasOwn(carrier, name) || !(name in carrier)) carrier[name] = value;
  else defineField(carrier, name, value);
}

/** Past an inherited setter or read-only property of that name, which a plain assignment would run into. */
function defineField(carrier: object, name: string, value: string): void {
  const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(carrier, name, descriptor);
}

function readMap(carrier: ReadonlyMap<unknown, unknown>, name: string): string | undefined {
  let text: string | undefined;
  for (const [key, value] of carrier) {
    if (isSameField(key, name)) text = joinFields(text, fieldText(value));
  }
  return text;
}

function listMap(carrier: ReadonlyMap<unknown, unknown>): Iterable<unknown> {
  return carrier.keys();
}

function writeMap(carrier: Map<unknown, unknown>, name: string, value: string): void {
  for (const key of carrier.keys()) {
    if (key !== name && isSameField(key, name)) carrier.delete(key);
  }
  carrier.set(name, value);
}

function readPairs(carrier: readonly unknown[], name: string): string | undefined {
  let text: string | undefined;
  for (const pair of carrier) {
    if (Array.isArray(pair) && isSameField(pair[0], name)) text = joinFields(text, fieldText(pair[1]));
  }
  return text;
}

function listPairs(carrier: readonly unknown[]): Iterable<unknown> {
  return carrier.map((pair): unknown => (Array.isArray(pair) ? pair[0] : undefined));
}

function writePairs(carrier: unknown[], name: string, value: string): void {
  for (let at = carrier.length - 1; at >= 0; at -= 1) {
    const pair = carrier[at];
    if (Array.isArray(pair) && isSameField(pair[0], name)) carrier.splice(at, 1);
  }
  carrier.push([name, value]);
}

function readHeaders(carrier: HeadersLike, name: string): string | undefined {
  return fieldText(carrier.get(name));
}

function listHeaders(carrier: HeadersLike & { keys?(): Iterable<unknown> }): Iterable<unknown> {
  return typeof carrier.keys === 'function' ? carrier.keys() : Object.keys(carrier);
}

function writeHeaders(carrier: HeadersLike, name: string, value: string): void {
  carrier.set(name, value);
}

function readOutgoing(carrier: OutgoingMessageLike, name: string): string | undefined {
  return fieldText(carrier.getHeader(name));
}

function listOutgoing(carrier: OutgoingMessageLike & { getHeaderNames(): Iterable<unknown> }): Iterable<unknown> {
  return carrier.getHeaderNames();
}

function writeOutgoing(carrier: OutgoingMessageLike, name: string, value: string): void {
  carrier.setHeader(name, value);
}
