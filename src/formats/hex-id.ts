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
