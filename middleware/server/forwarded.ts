import type { IncomingHttpHeaders } from 'node:http';
import { bounded } from '../../src/core/limits.ts';

/** A request as it reached a trusted proxy, which says so. */
export interface ProxyView {
  readonly scheme: string | undefined;
  /** As in a `Host` header. */
  readonly host: string | undefined;
  readonly clientAddress: string | undefined;
}

const MAX_LENGTH = 256;

/** Reads `Forwarded` (RFC 7239), else `X-Forwarded-Proto`, `-Host` and `-For`: the left-most entry, which is the client's. */
export function forwardedBy(headers: IncomingHttpHeaders): ProxyView {
  const forwarded = headers.forwarded;
  if (forwarded !== undefined) return parseForwarded(forwarded);
  return {
    scheme: knownScheme(firstItem(headers['x-forwarded-proto'])),
    host: firstItem(headers['x-forwarded-host']),
    clientAddress: firstItem(headers['x-forwarded-for']),
  };
}

/** `for=192.0.2.60;proto=https;host=shop.example, for=…`: names in any case, values perhaps quoted. */
function parseForwarded(header: string): ProxyView {
  const element = firstItem(header) ?? '';
  const found = new Map<string, string>();
  for (const pair of element.split(';', 16)) {
    const equals = pair.indexOf('=');
    if (equals > 0) found.set(pair.slice(0, equals).trim().toLowerCase(), unquoted(pair.slice(equals + 1).trim()));
  }
  return {
    scheme: knownScheme(found.get('proto')),
    host: found.get('host'),
    clientAddress: nodeAddress(found.get('for')),
  };
}

/** The left-most item of a list header, cut to what a host or an address may be; undefined when it is blank. */
export function firstItem(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  const comma = text.indexOf(',');
  const item = bounded((comma === -1 ? text : text.slice(0, comma)).trim(), MAX_LENGTH);
  return item === '' ? undefined : item;
}

function knownScheme(text: string | undefined): string | undefined {
  const scheme = text?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
}

/** `192.0.2.43:47011` and `[2001:db8::17]:4711` without port and brackets (RFC 7239, 6); `unknown` is no address. */
function nodeAddress(node: string | undefined): string | undefined {
  if (node === undefined || node === 'unknown') return undefined;
  if (node.charCodeAt(0) !== OPEN_BRACKET) return /^[\w.-]+/.exec(node)?.[0];
  const close = node.indexOf(']');
  return close === -1 ? undefined : node.slice(1, close);
}

const OPEN_BRACKET = 0x5b;
