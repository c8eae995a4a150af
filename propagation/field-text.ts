/**
 * A field's value as text: strings as they are, bytes one character each (what is no ASCII is no valid
 * header anyway), numbers and booleans written out, lists joined by `,` as HTTP joins repeated fields.
 * `undefined` for everything else. May throw where a Proxy or a getter does.
 */
export function fieldText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? joinTexts(value) : scalarText(value);
}

/** Sets `A` to `Z` apart from `a` to `z` in ASCII, which names of fields are. */
const CASE_BIT = 0x20;

/** True when both name the same field, whatever their case. `lowerCaseName` is in lower case. */
export function isSameField(candidate: unknown, lowerCaseName: string): candidate is string {
  if (typeof candidate !== 'string' || candidate.length !== lowerCaseName.length) return false;
  // The last character tells most names of one length apart, the 64 headers of Jaeger's baggage among them.
  const last = candidate.length - 1;
  if ((candidate.charCodeAt(last) | CASE_BIT) !== (lowerCaseName.charCodeAt(last) | CASE_BIT)) return false;
  return candidate === lowerCaseName || candidate.toLowerCase() === lowerCaseName;
}

/** The same field given once more: one list, in order. */
export function joinFields(first: string | undefined, next: string | undefined): string | undefined {
  if (first === undefined || next === undefined) return first ?? next;
  return `${first},${next}`;
}

function joinTexts(values: readonly unknown[]): string | undefined {
  let joined: string | undefined;
  for (const value of values) joined = joinFields(joined, scalarText(value));
  return joined;
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  }
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}
