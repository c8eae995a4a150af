import { compositePropagator, type PropagatorName, propagatorsByName } from '../../../propagation/composite.ts';
import type { Propagator } from '../../../propagation/context.ts';
import { xrayLambda } from '../../../propagation/xray.ts';
import { hintAt } from '../options/errors.ts';
import { group, type Place, type Reader, type Readers, required, wrongItem, wrongOption } from '../options/options.ts';
import { DEFAULTS } from './defaults.ts';
import type { Environment } from './environment.ts';

/** A header format: one of ours by its name, or an object. */
export type PropagatorOption = KnownName | Propagator;

/** The option `propagators` with a list for each direction. */
export interface PropagatorLists {
  readonly extract: readonly PropagatorOption[];
  readonly inject: readonly PropagatorOption[];
}

type KnownName = PropagatorName | 'xray-lambda';

/** All formats by name, those that ask the process too. */
const KNOWN: Readonly<Record<KnownName, Propagator>> = {
  ...propagatorsByName,
  'xray-lambda': xrayLambda(process.env),
};
const NAMES = Object.keys(KNOWN) as KnownName[];
const EXPECTED = 'a list or { extract: [], inject: [] }';
const EXPECTED_ITEM = 'names of formats, or objects with extract and inject';

const READERS = {
  extract: required(propagatorList),
  inject: required(propagatorList),
} satisfies Readers<PropagatorLists>;
const lists = group(READERS, EXPECTED);

/** The option `propagators`: one list, or one for each direction. */
export const propagatorsReader: Reader<Propagator> = (given, at) => {
  if (!Array.isArray(given)) return compositePropagator(lists(given, at));
  const both = propagatorList(given, at);
  return compositePropagator({ extract: both, inject: both });
};

function propagatorList(given: unknown, at: Place): Propagator[] {
  if (!Array.isArray(given)) throw wrongOption(at, EXPECTED, given);
  return [...given].map((item) => propagatorOf(item, at));
}

function propagatorOf(item: unknown, at: Place): Propagator {
  const name = NAMES.find((known) => known === item);
  if (name !== undefined) return KNOWN[name];
  const object = item as Partial<Propagator> | null | undefined;
  if (typeof object?.extract === 'function' && typeof object.inject === 'function') return object as Propagator;
  throw wrongItem(at, EXPECTED_ITEM, item, hintFor(item));
}

/** Names that people have for the formats, and the formats that they mean. */
const MEANT: Readonly<Record<string, PropagatorName>> = {
  w3c: 'tracecontext',
  traceparent: 'tracecontext',
  'trace-context': 'tracecontext',
  zipkin: 'b3',
  'b3-multi': 'b3multi',
  aws: 'xray',
  google: 'cloudtrace',
};

function hintFor(item: unknown): string {
  const meant = typeof item === 'string' ? meantPropagator(item) : undefined;
  return meant === undefined ? hintAt(item, NAMES) : `did you mean "${meant}"?`;
}

function meantPropagator(name: string): PropagatorName | undefined {
  const word = name.toLowerCase();
  return Object.hasOwn(MEANT, word) ? MEANT[word] : undefined;
}

/** Names of OpenTelemetry's specification that we do not speak. */
const REFUSED: Readonly<Record<string, string>> = {
  ottrace: 'the format is deprecated and not supported here; tracecontext is what others understand',
};

/** `OTEL_PROPAGATORS`; W3C's two where it is not set. */
export function environmentPropagator(environment: Environment): Propagator {
  const names =
    environment.list('OTEL_PROPAGATORS', [...NAMES, 'none' as const], REFUSED, MEANT) ?? DEFAULTS.propagators;
  const list = names.filter((name) => name !== 'none').map((name) => KNOWN[name]);
  return compositePropagator({ extract: list, inject: list });
}
