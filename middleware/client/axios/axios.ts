import { SHARED_NAME } from '../../../propagation/shared-name.ts';
import { noteFault } from '../../../src/core/diagnostics.ts';
import { optionError, showValue } from '../../../src/core/options/errors.ts';
import type { InstrumentationScope } from '../../../src/core/record.ts';
import { type ClientOptions, resolveClientOptions } from '../client-options.ts';
import { AxiosAttempt, type SendCount, type TracedClient } from './axios-attempt.ts';
import { type Adapter, type AxiosConfig, type AxiosInstance, AxiosLibrary, replaceProperty } from './axios-library.ts';

/** The older name of {@link ClientOptions}. */
export type TraceAxiosOptions = ClientOptions;

const INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/axios' });

/** Our marks, registered so that two copies of the package agree on them: on adapters, interceptors, configurations. */
const TRACED_ADAPTER: unique symbol = Symbol.for(`${SHARED_NAME}.adapter`);
const INSTALLER: unique symbol = Symbol.for(`${SHARED_NAME}.interceptor`);
const UNDER_WAY: unique symbol = Symbol.for(`${SHARED_NAME}.attempt`);

/**
 * Makes every request of an axios instance a CLIENT span, and sends the context along. Each attempt is
 * a span of its own, retries and redirects too. Works with axios 1 and with any adapter. Returns the
 * instance that it was given; doing it twice changes nothing, the first options stay. Instances that
 * are made from this one by `create()` are not traced by it. It may be called before `start()`.
 *
 * With `adapter: 'fetch'` redirects happen out of sight: all hops are one span, and headers that were
 * meant for a private host go along when that host redirects to a public one. `maxRedirects: 0` keeps
 * fetch from following.
 *
 * A header of ours that the app sets to `false` is not sent: `headers: { traceparent: false }`.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for what is no axios instance, and for a wrong option
 *
 * @example
 * const api = traceAxios(axios.create({ baseURL: 'http://stock:8080' }), { peer: 'stock' });
 */
export function traceAxios<Instance>(instance: Instance, options: ClientOptions = {}): Instance {
  assertInstance(instance);
  const settings = resolveClientOptions('traceAxios', options);
  if (isTraced(instance)) return instance;
  const client = { library: new AxiosLibrary(instance), settings, instrumentation: INSTRUMENTATION };
  // Synchronous, or axios would put off every request of an instance whose other interceptors all are.
  instance.interceptors.request.use(installer(client), undefined, { synchronous: true });
  return instance;
}

function assertInstance<Instance>(instance: Instance): asserts instance is Instance & AxiosInstance {
  if (isInstance(instance)) return;
  const { default: inner } = (instance ?? {}) as { default?: unknown };
  const hint = isInstance(inner) ? '; it is the module: did you mean its default export?' : '';
  throw optionError(`traceAxios(): expected an axios instance, got ${showValue(instance)}${hint}`);
}

function isInstance(value: unknown): value is AxiosInstance {
  const { interceptors, request, defaults } = (value ?? {}) as Partial<AxiosInstance>;
  return (
    typeof interceptors?.request?.use === 'function' &&
    typeof request === 'function' &&
    typeof defaults === 'object' &&
    defaults !== null
  );
}

/** The mark is on the interceptor, not on the instance: an app that clears its interceptors can have it traced again. */
function isTraced(instance: AxiosInstance): boolean {
  let found = false;
  instance.interceptors.request.forEach?.(({ fulfilled }) => {
    found ||= isMarked(fulfilled, INSTALLER);
  });
  return found;
}

function isMarked(value: unknown, mark: symbol): boolean {
  return typeof value === 'function' && mark in value;
}

/**
 * The interceptor installs, the adapter measures: it runs when every interceptor of the app has, so the
 * headers go in last, and what throws or swallows before or after it leaves no span open.
 */
function installer(client: TracedClient): (config: AxiosConfig) => AxiosConfig {
  function installTracedAdapter(config: AxiosConfig): AxiosConfig {
    try {
      const { adapter } = config;
      // A failed attempt leaves its adapter in the configuration: this one is a retry.
      if (!isMarked(adapter, TRACED_ADAPTER) && client.library.canCall(adapter)) {
        config.adapter = tracedAdapter(adapter, client);
      }
    } catch (error) {
      noteFault('axios interceptor', error);
    }
    return config;
  }
  return Object.assign(installTracedAdapter, { [INSTALLER]: true });
}

/**
 * The adapter of one request and of its retries, in place of `original`. While it runs the configuration
 * has `original` back, and keeps it when all went well. After a failure it has this one instead: it is
 * the only thing that survives when axios copies the configuration for a retry, so it counts the attempts.
 */
function tracedAdapter(original: unknown, client: TracedClient): Adapter {
  const count: SendCount = { sends: 0 };
  function throughlineAdapter(config: AxiosConfig): unknown {
    const send = (): unknown => client.library.callAdapter(original, config);
    if (UNDER_WAY in config) return send(); // wrapped again by an adapter of the app's: it is one attempt
    return new AxiosAttempt(client, config, count, enter(config, throughlineAdapter, original)).run(send);
  }
  const marks = {
    [TRACED_ADAPTER]: { value: true },
    // In a log of an error's configuration the adapter reads as it would without us.
    toJSON: { value: () => original },
  };
  return Object.defineProperties(throughlineAdapter, marks);
}

/** Marks `config` for the time of an attempt. Returns a function that ends that. */
function enter(config: AxiosConfig, traced: Adapter, original: unknown): (hasFailed: boolean) => void {
  try {
    const restore = config.adapter === traced ? replaceProperty(config, 'adapter', original) : undefined;
    Object.defineProperty(config, UNDER_WAY, { value: true, writable: true, configurable: true });
    return function leave(hasFailed) {
      delete (config as { [UNDER_WAY]?: unknown })[UNDER_WAY];
      if (hasFailed) restore?.();
    };
  } catch (error) {
    noteFault('axios adapter', error);
    return leaveNothing;
  }
}

function leaveNothing(): void {}
