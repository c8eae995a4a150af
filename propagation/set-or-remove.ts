import type { Setter } from './context.ts';

/** Writes a field that a format has a value for; without one, the field of another context must not stand there. */
export function setOrRemove<Carrier>(
  carrier: Carrier,
  setter: Setter<Carrier>,
  name: string,
  value: string | undefined,
): void {
  if (value !== undefined) setter.set(carrier, name, value);
  else setter.remove?.(carrier, name);
}
