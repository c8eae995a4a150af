import fc from 'fast-check';
import type { SpanRecord } from 'throughline/exporters';

export function arbitraryRecord(): fc.Arbitrary<SpanRecord> {
  // Half of what fast-check makes is `__proto__`, control characters, lone surrogates and the like.
  const text = fc.string({ unit: 'binary' });
  const hex = (length: number) =>
    fc
      .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
      .filter((id) => /[^0]/.test(id));
  const number = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger());
  const value = fc.oneof(
    text,
    number,
    fc.boolean(),
    fc.array(fc.option(text)),
    fc.array(fc.option(number)),
    fc.array(fc.option(fc.boolean())),
  );
  const attributes = fc.dictionary(fc.oneof(text, fc.constant('__proto__'), fc.constant('toString')), value, {
    noNullPrototype: true,
  });
  // What a clock gives: doubles near now. A duration is a whole number of nanoseconds.
  const timeMs = fc.double({ min: 1.6e12, max: 1.9e12, noNaN: true });
  const durationMs = fc.integer({ min: 0, max: 2 ** 50 }).map((nanos) => nanos / 1e6);
  const status = fc.oneof(
    fc.record({ code: fc.constantFrom('unset', 'ok', 'error') }, { noNullPrototype: true }),
    fc.record(
      { code: fc.constant('error'), message: fc.string({ unit: 'binary', minLength: 1 }) },
      { noNullPrototype: true },
    ),
  );
  const context = fc.record(
    { traceId: hex(32), spanId: hex(16), traceFlags: fc.nat(255), isRemote: fc.boolean() },
    { requiredKeys: ['traceId', 'spanId', 'traceFlags'], noNullPrototype: true },
  );
  const droppedAttributesCount = fc.nat().map((count) => count + 1);
  const requiredOf = (...keys: string[]) => ({ requiredKeys: keys, noNullPrototype: true }) as object;
  const link = fc.record({ context, attributes, droppedAttributesCount }, requiredOf('context', 'attributes'));
  const event = fc.record(
    { name: text, timeMs, attributes, droppedAttributesCount },
    requiredOf('name', 'timeMs', 'attributes'),
  );
  return fc.record(
    {
      traceId: hex(32),
      spanId: hex(16),
      parentSpanId: fc.option(hex(16), { nil: undefined }),
      parentIsRemote: fc.boolean(),
      name: text,
      kind: fc.constantFrom('internal', 'server', 'client', 'producer', 'consumer'),
      startTimeMs: timeMs,
      durationMs,
      attributes,
      events: fc.array(event, { maxLength: 3 }),
      links: fc.array(link, { maxLength: 3 }),
      status,
      // One object each, so that grouping keeps the order of the batch.
      resource: fc.constant({ attributes: { 'service.name': 'shop' } }),
      scope: fc.constant({ name: 'throughline', version: '1.0.0' }),
      traceState: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      flags: fc.nat(255),
      droppedAttributesCount: fc.nat(),
      droppedEventsCount: fc.nat(),
      droppedLinksCount: fc.nat(),
    },
    { noNullPrototype: true },
  ) as fc.Arbitrary<SpanRecord>;
}
