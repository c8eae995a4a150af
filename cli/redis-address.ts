import { quote } from './command-arguments.ts';
import { UsageError } from './exit-code.ts';

/** The place of a Redis, read from an address. */
export interface RedisAddress {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
  readonly db: number;
  /** The name of the master that the sentinels watch. */
  readonly master: string;
}

const SCHEME = /^(redis|rediss)(?:-(cluster|sentinel))?:\/\/(?:([^/?#]*)@)?([^@/?#]*)(\/[^?#]*)?$/;
const DEFAULT_PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 } as const;

/** True for an address that is meant for Redis, right or wrong. */
export function isRedisAddress(text: string): boolean {
  return /^redis[a-z-]*:/i.test(text);
}

/**
 * Reads `redis://user:password@host:port/db`, `rediss://` (TLS), `redis-cluster://host:port,host:port` and
 * `redis-sentinel://host:port,host:port/master/db`. User and password are percent-encoded.
 *
 * @throws UsageError saying what is wrong, never with the password
 */
export function parseRedisAddress(text: string): RedisAddress {
  const match = SCHEME.exec(text);
  if (match === null)
    throw wrong('must look like redis://host:6379/0, redis-cluster://a:6379,b:6379 or redis-sentinel://a,b/mymaster');
  const [, scheme, form, credentials, hosts = '', path = ''] = match;
  const kind = form === 'cluster' || form === 'sentinel' ? form : 'single';
  const nodes = hosts.split(',').map((host) => parseNode(host, DEFAULT_PORTS[kind]));
  if (kind === 'single' && nodes.length > 1) {
    throw wrong(
      `names ${nodes.length} servers: write redis-cluster://${hosts} for a cluster, redis-sentinel://${hosts}/mymaster for sentinels`,
    );
  }
  const segments = path
    .split('/')
    .slice(1)
    .filter((segment) => segment !== '');
  const master = kind === 'sentinel' ? (segments.shift() ?? 'mymaster') : '';
  const [db = '0', ...rest] = segments;
  if (rest.length > 0 || !/^\d{1,4}$/.test(db) || (kind === 'cluster' && db !== '0')) {
    throw wrong(
      `has ${quote(path)} behind the host, where ${kind === 'cluster' ? 'a cluster has nothing' : 'the number of the database may stand'}`,
    );
  }
  return { kind, nodes, ...parseCredentials(credentials), tls: scheme === 'rediss', db: Number(db), master };
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } {
  const [, six, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = six ?? plain;
  if (host === undefined || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1)
    throw wrong(`names no host and port in ${quote(text)}`);
  return { host: host === '' ? '127.0.0.1' : host, port: Number(port ?? defaultPort) };
}

function parseCredentials(text: string | undefined): { username?: string; password?: string } {
  if (text === undefined || text === '') return {};
  try {
    const colon = text.indexOf(':');
    // As redis-cli: without a colon it is the user's name.
    const [username, password] = (colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]).map(
      decodeURIComponent,
    );
    return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
  } catch {
    throw wrong('has a user or password that is not percent-encoded');
  }
}

function wrong(what: string): UsageError {
  return new UsageError(`--store: the Redis address ${what}`);
}
