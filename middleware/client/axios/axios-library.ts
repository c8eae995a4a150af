// axios itself as far as it is needed, described structurally: the package is the app's own and never imported.

/** The configuration of one request, as far as we look at it. */
export interface AxiosConfig {
  url?: unknown;
  baseURL?: unknown;
  allowAbsoluteUrls?: unknown;
  params?: unknown;
  paramsSerializer?: unknown;
  socketPath?: unknown;
  method?: unknown;
  headers?: unknown;
  signal?: unknown;
  maxRedirects?: unknown;
  beforeRedirect?: unknown;
  /** A function, the name of one (`'http'`, `'fetch'`), or a list of these of which the first that works is taken. */
  adapter?: unknown;
  transformRequest?: unknown;
  transformResponse?: unknown;
}

export type Adapter = (config: AxiosConfig) => unknown;

interface Interceptors {
  use(fulfilled: (config: AxiosConfig) => AxiosConfig, rejected: undefined, options: { synchronous: boolean }): unknown;
  forEach?(visit: (interceptor: { readonly fulfilled?: unknown }) => void): void;
  clear?(): void;
}

export interface AxiosInstance {
  readonly defaults: object;
  readonly interceptors: { readonly request: Interceptors; readonly response: Interceptors };
  /** `request` but for dressing the stacks of errors, which must not happen twice. */
  _request?(config: object): Promise<unknown>;
  request(config: object): Promise<unknown>;
  getUri?(config: object): string;
  /** On the default instance only, since 1.5. */
  getAdapter?(spec: unknown, config: AxiosConfig): Adapter;
  /** Not on instances of the bare class `Axios`. */
  create?(): AxiosInstance;
}

/** Gives `config[key]` another value for a while. Returns a function that puts the old one back, unless the app has changed it since. */
export function replaceProperty<Key extends keyof AxiosConfig>(
  config: AxiosConfig,
  key: Key,
  value: AxiosConfig[Key],
): () => void {
  const wasThere = Object.hasOwn(config, key);
  const before = config[key];
  config[key] = value;
  return function restore() {
    if (config[key] !== value) return;
    if (wasThere) config[key] = before;
    else delete config[key];
  };
}

/**
 * The work that axios would do by itself: call the adapter that a configuration names, and build its URL.
 *
 * Only the default instance tells which function an adapter's name stands for. Any other one is asked
 * by way of a bare sibling: an instance with neither defaults nor transforms and with one interceptor,
 * which exchanges the configuration for the one that our caller was given. So the adapter gets that
 * very object, and nothing on the wire or in the result tells that there was a detour.
 */
export class AxiosLibrary {
  readonly #instance: AxiosInstance;
  #bare: AxiosInstance | undefined;
  /** The configuration that the bare sibling's interceptor is about to hand over. */
  #passing: AxiosConfig;

  constructor(instance: AxiosInstance) {
    this.#instance = instance;
    this.#bare = undefined;
    this.#passing = {};
  }

  /** True when {@link callAdapter} can do what axios would do with this `adapter`. */
  canCall(adapter: unknown): boolean {
    return functionOf(adapter) !== undefined || this.#canResolve(adapter) || this.#bareSibling() !== undefined;
  }

  /** Calls the adapter as axios would. What it returns, throws and rejects with is the adapter's own. */
  callAdapter(adapter: unknown, config: AxiosConfig): unknown {
    const given = functionOf(adapter);
    if (given !== undefined) return given(config);
    if (this.#canResolve(adapter)) return this.#instance.getAdapter?.(adapter, config)(config);
    return this.#dispatch(adapter, config);
  }

  /** The URL as axios would build it, relative or not. Never throws. */
  uriOf(config: AxiosConfig): string | undefined {
    try {
      return this.#uriOf(config);
    } catch {
      return undefined;
    }
  }

  /** The URL as axios would build it; undefined when it is relative or does not parse. Never throws. */
  urlOf(config: AxiosConfig): URL | undefined {
    try {
      return new URL(this.#uriOf(config), config.socketPath ? LOCAL : undefined);
    } catch {
      return undefined;
    }
  }

  #uriOf(config: AxiosConfig): string {
    const { url, baseURL, allowAbsoluteUrls, params, paramsSerializer } = config;
    if (!baseURL && params === undefined) return String(url);
    const builder = this.#bareSibling() ?? this.#instance;
    const parts: AxiosConfig = { url, baseURL, allowAbsoluteUrls };
    // A serializer of the app's own is called by the adapter, once: it may count, sign, or take its time.
    if (!isCustom(paramsSerializer)) Object.assign(parts, { params, paramsSerializer });
    return builder.getUri?.(parts) ?? String(url);
  }

  #canResolve(adapter: unknown): boolean {
    return Boolean(adapter) && typeof this.#instance.getAdapter === 'function';
  }

  #dispatch(adapter: unknown, config: AxiosConfig): unknown {
    const bare = this.#bareSibling();
    if (bare === undefined) throw new TypeError('the adapter cannot be resolved'); // canCall() was asked before
    const restoreAdapter = replaceProperty(config, 'adapter', adapter);
    const restoreRequest = replaceProperty(config, 'transformRequest', undefined);
    const restoreResponse = replaceProperty(config, 'transformResponse', undefined);
    this.#passing = config;
    try {
      return settledAs(config, bare._request === undefined ? bare.request({}) : bare._request({}), restoreResponse);
    } finally {
      // The adapter was called by now, with what its request is made of.
      this.#passing = {};
      restoreRequest();
      restoreAdapter();
    }
  }

  #bareSibling(): AxiosInstance | undefined {
    this.#bare ??= bareSibling(this.#instance, () => this.#passing);
    return this.#bare;
  }
}

/** The base that axios takes for the URL of a request through a unix socket. */
const LOCAL = 'http://localhost';

/** The adapter, where axios needs no list of names to tell. */
function functionOf(adapter: unknown): Adapter | undefined {
  const first: unknown = Array.isArray(adapter) ? adapter[0] : adapter;
  return typeof first === 'function' ? (first as Adapter) : undefined;
}

function isCustom(serializer: unknown): boolean {
  if (typeof serializer === 'function') return true;
  if (typeof serializer !== 'object' || serializer === null) return false;
  const { serialize, encode } = serializer as { serialize?: unknown; encode?: unknown };
  return typeof serialize === 'function' || typeof encode === 'function';
}

/**
 * The result of a detour, with everything where it would be without one. axios flattens a configuration
 * that is no plain bag of properties into another object: the app gets to see its own.
 */
function settledAs(config: AxiosConfig, result: Promise<unknown>, restore: () => void): Promise<unknown> {
  return result.then(
    function resolved(response) {
      restore();
      putBack(response, config);
      return response;
    },
    function rejected(reason: unknown) {
      restore();
      putBack(reason, config);
      putBack((reason as { response?: unknown } | undefined)?.response, config);
      throw reason;
    },
  );
}

function putBack(holder: unknown, config: AxiosConfig): void {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, 'config')) return;
  (holder as { config: AxiosConfig }).config = config;
}

function bareSibling(instance: AxiosInstance, passing: () => AxiosConfig): AxiosInstance | undefined {
  const bare = typeof instance.create === 'function' ? instance.create() : sameClass(instance);
  // A `create` of the app's own may hand out anything, the instance itself for one: emptying that would be a disaster.
  if (bare === instance || bare.defaults === instance.defaults) return undefined;
  for (const key of Object.keys(bare.defaults)) delete (bare.defaults as Record<string, unknown>)[key];
  bare.interceptors.request.clear?.();
  bare.interceptors.response.clear?.();
  bare.interceptors.request.use(passing, undefined, { synchronous: true });
  return bare;
}

/** For an instance of the class `Axios` or of one that extends it: its constructor is the app's, and is not called. */
function sameClass(instance: AxiosInstance): AxiosInstance {
  const Interceptors = instance.interceptors.request.constructor as new () => Interceptors;
  const interceptors = { request: new Interceptors(), response: new Interceptors() };
  return Object.assign(Object.create(Object.getPrototypeOf(instance)), { defaults: {}, interceptors });
}
