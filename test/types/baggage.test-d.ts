// Compiled with the build: good calls type-check, bad ones carry their reason.
import { baggage, start } from 'throughline';
import type { Baggage } from 'throughline/propagation';

/** Only compiled, never called. */
export function goodCalls(received: Baggage): void {
  const value: string | undefined = baggage.get('tenant');
  baggage.set('tenant', 'acme');
  baggage.set('tenant', 'acme', 'ttl=30');
  baggage.set('tenant', 'acme', received.getEntry('tenant')?.metadata);
  baggage.delete('tenant');
  const seconds: string | undefined = baggage.all().get('tenant')?.metadata?.properties[0]?.value;
  const result: Promise<number> = baggage.with(
    { tenant: 'acme', user: { value: 'J', metadata: 'ttl=30' } },
    async () => 7,
  );
  start({ baggageAttributes: ['tenant'] });
  void [value, seconds, result];
}

/** Only compiled, never called. */
export function badCalls(): void {
  // @ts-expect-error a value is text
  baggage.set('tenant', 5);
  // @ts-expect-error a function is asked for
  baggage.with({ tenant: 'acme' });
  // @ts-expect-error a list is asked for
  start({ baggageAttributes: 'tenant' });
}
