/**
 * The client that the app passes in: an ioredis client, `new Redis(…)` (also with `sentinels`) or `new Cluster(…)`. It is
 * only asked for connections like its own, so that our commands never queue up with the app's, a blocking
 * one holds nothing up, and its reconnecting and offline queue stay the app's affair.
 */
export interface RedisClient {
  readonly options: object;
  readonly duplicate: (...options: never[]) => unknown;
  /** Only a cluster has nodes. */
  readonly nodes?: ((...role: never[]) => readonly unknown[]) | undefined;
}

export type RedisArgument = string | number | Buffer;

/** One connection, as ioredis makes it. */
export interface RedisConnection {
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown;
  pipeline(): RedisPipeline;
  /** The socket, once there is one. */
  readonly stream?: { unref?(): unknown; destroy?(): unknown } | undefined;
}

interface RedisPipeline {
  callBuffer(name: string, ...args: RedisArgument[]): unknown;
  exec(): Promise<readonly (readonly [error: Error | null, value: unknown])[] | null>;
}

/** The server that a connection goes to; none: that of the client. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * A connection breaks once and is then replaced: everything that ioredis would do behind our back (reconnect,
 * resend, queue) is off, because the pipeline decides when to send again.
 */
const CONNECTION_OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  enableAutoPipelining: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  failoverDetector: false,
  maxRetriesPerRequest: 0,
  commandTimeout: undefined,
  socketTimeout: undefined,
  monitor: false,
  readOnly: false,
  stringNumbers: false,
  /** The layout has its own prefix; a reader must find it whatever the app's clients are set to. */
  keyPrefix: '',
  connectionName: 'throughline',
};

const CONNECT_TIMEOUT_MS = 2000;

/** True for what looks like an ioredis client. */
export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false;
  const { options, duplicate } = value as { options?: unknown; duplicate?: unknown };
  return typeof options === 'object' && options !== null && typeof duplicate === 'function';
}

export function isCluster(client: RedisClient): boolean {
  return typeof client.nodes === 'function';
}

/** A connection of our own, not connected yet. `template` is a client, or one node of a cluster. */
export function newConnection(template: RedisClient, address?: NodeAddress): RedisConnection {
  const { connectTimeout } = template.options as { connectTimeout?: unknown };
  const timeout =
    typeof connectTimeout === 'number' ? Math.min(connectTimeout, CONNECT_TIMEOUT_MS) : CONNECT_TIMEOUT_MS;
  const duplicate = template.duplicate as (options: object) => RedisConnection;
  return duplicate.call(template, { ...CONNECTION_OPTIONS, connectTimeout: timeout, ...address });
}

/** The address of the client, for a log line: never with a password. */
export function describeClient(client: RedisClient): string {
  const { host, port, path, sentinels, name, startupNodes } = {
    ...(client.options as Record<string, unknown>),
    startupNodes: (client as { startupNodes?: unknown }).startupNodes,
  } as Record<string, unknown>;
  if (isCluster(client)) return `redis-cluster://${describeStartupNode(startupNodes)}`;
  if (Array.isArray(sentinels) && sentinels.length > 0) return `redis-sentinel://${printable(name ?? 'master')}`;
  if (typeof path === 'string' && path !== '') return `redis+unix:${printable(path)}`;
  return `redis://${printable(host ?? 'localhost')}:${printable(port ?? 6379)}`;
}

function describeStartupNode(nodes: unknown): string {
  const [first] = Array.isArray(nodes) ? (nodes as unknown[]) : [];
  if (typeof first === 'string') return printable(first.replace(/^.*@|^rediss?:\/\//, ''));
  if (typeof first === 'number') return `127.0.0.1:${first}`;
  const { host, port } = Object(first) as { host?: unknown; port?: unknown };
  return `${printable(host ?? '127.0.0.1')}:${printable(port ?? 6379)}`;
}

function printable(value: unknown): string {
  return String(value)
    .replace(/[^!-~]/g, '?')
    .slice(0, 200);
}
