/**
 * A hex id in lower case, padded with zeros on the left to `length`: Zipkin's and Jaeger's trace ids have 16 or 32
 * digits, and some tracers leave zeros out. `undefined` when it is none, or all zero.
 */
export function decodePaddedId(value: unknown, length: number): string | undefined {
  return typeof value === 'string' && value.length <= length
    ? decodeId(value.padStart(length, '0'), length)
    : undefined;
}

/** A hex id of exactly `length` digits, in lower case. `undefined` when it is none, or all zero. */
export function decodeId(value: unknown, length: number): string | undefined {
  if (typeof value !== 'string' || value.length !== length || !/^[0-9a-fA-F]+$/.test(value)) return undefined;
  return /^0+$/.test(value) ? undefined : value.toLowerCase();
}

/** A hex id of exactly `length` digits, or the same bytes in base64 as some backends write them: `qryry7u7u7u7u7u7u7u7uw==`. */
export function decodeAnyId(value: unknown, length: number): string | undefined {
  return decodeId(value, length) ?? decodeId(hexOfBase64(value, length / 2), length);
}

function hexOfBase64(value: unknown, bytes: number): string | undefined {
  if (typeof value !== 'string' || value.length !== Math.ceil(bytes / 3) * 4 || !BASE64.test(value)) return undefined;
  const binary = atob(value.replaceAll('-', '+').replaceAll('_', '/'));
  if (binary.length !== bytes) return undefined;
  return Array.from(binary, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

const BASE64 = /^[\w+/-]+={0,2}$/;
