import fc from 'fast-check';
import type { RemoteContext, SpanContext } from '../../propagation/context.ts';

export const RUNS = { seed: 42, numRuns: 1000 };

function id(bytes: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((id) => Buffer.from(id).toString('hex'))
    .filter((text) => !/^0*$/.test(text.slice(-16)));
}

/** Any identity that a span of ours may have: full and 64-bit trace ids, all four flag bytes. */
export const ANY_CONTEXT: fc.Arbitrary<SpanContext> = fc.record({
  traceId: fc.oneof(
    id(16),
    id(8).map((low) => `${'0'.repeat(16)}${low}`),
  ),
  spanId: id(8),
  traceFlags: fc.integer({ min: 0, max: 3 }),
});

/** A context without the fields that say nothing. */
export function brief(context: RemoteContext | undefined): Readonly<Record<string, unknown>> | undefined {
  if (context === undefined) return undefined;
  const said = Object.entries(context).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(said.filter(([name, value]) => value !== false || name === 'sampled'));
}
