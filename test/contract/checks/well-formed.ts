/**
 * `value` with U+FFFD in the place of each lone surrogate, in keys too: what is left of text in a format of
 * UTF-8 bytes.
 */
export function wellFormed<Value>(value: Value): Value {
  if (typeof value === 'string') return Buffer.from(value).toString() as Value;
  if (Array.isArray(value)) return value.map(wellFormed) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [wellFormed(key), wellFormed(member)]),
  ) as Value;
}
