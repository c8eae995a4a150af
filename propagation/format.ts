import type { Propagator } from './context.ts';
import { SHARED_NAME } from './shared-name.ts';

const BRAND: unique symbol = Symbol.for(`${SHARED_NAME}.format`);

/** A format of our own, which another copy of the package recognises too. */
export function format(propagator: Propagator): Propagator {
  return Object.freeze({ ...propagator, fields: Object.freeze(propagator.fields), [BRAND]: true });
}

/** True for a format of ours, of whatever copy of the package. */
export function isFormat(propagator: Propagator): boolean {
  return (propagator as { readonly [BRAND]?: true })[BRAND] === true;
}
