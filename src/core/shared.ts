import { SHARED_NAME } from '../../propagation/shared-name.ts';

/**
 * State that must be one in a process, and is one however often the package is loaded: by `import` and by `require`, from two
 * places, in two versions of one major. It is kept here, on the global object under one registered symbol:
 *
 *     globalThis[Symbol.for('throughline@0')]
 *       storage    the AsyncLocalStorage of scopes
 *       rootScope, ownWork, noSpan    told by their identity
 *       runtime    the installed tracer, and how to start one
 *       setup      the running pipeline, those that still flush
 *       …          what else a room says of itself by `shared`
 *
 * Another copy reads what the first one wrote. So its objects are known by brand (a registered symbol), never by
 * `instanceof`, nobody reaches into another's `#private` fields, and what they ask of each other stays as it is
 * for as long as the major version does.
 */
const KEY: unique symbol = Symbol.for(SHARED_NAME);

type Shared = Record<string, unknown>;

function sharedObject(): Shared {
  const holder = globalThis as { [KEY]?: Shared };
  if (holder[KEY] === undefined) Object.defineProperty(holder, KEY, { value: Object.create(null) });
  return holder[KEY] as Shared;
}

/** The value called `name` that all copies share: made by the first that asks. */
export function shared<Value>(name: string, make: () => Value): Value {
  const all = sharedObject();
  all[name] ??= make();
  return all[name] as Value;
}
