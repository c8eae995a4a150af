import assert from 'node:assert/strict';
import type fc from 'fast-check';
import { propagatorsByName } from '../../propagation/composite.ts';
import type { Propagator } from '../../propagation/context.ts';
import { type WireFormat, wireFormats } from './wire-formats.ts';

/** A rule that must hold for every input, whatever it is. */
export interface FuzzProperty {
  /** A claim: `b3: sends nothing invalid, whatever comes in`. */
  readonly name: string;
  /** The number of cases that are its own, beside those of the others. */
  readonly share: number;
  readonly property: fc.IRawProperty<unknown>;
}

/** One format of the registry, with what its specification says it writes. */
export interface Format {
  readonly name: string;
  readonly propagator: Propagator;
  readonly wire: WireFormat;
}

/** Every format that there is: a new one joins by being in the registry, and needs its grammar in wire-formats.ts. */
export const formats: readonly Format[] = Object.entries(propagatorsByName).map(([name, propagator]) => {
  const wire = wireFormats[name];
  assert.ok(wire, `the format "${name}" has no grammar in test/fuzz/wire-formats.ts`);
  return { name, propagator, wire };
});
