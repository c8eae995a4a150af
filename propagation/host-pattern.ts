import { withoutTrailingDot } from './private-host.ts';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'ws:': '80', 'https:': '443', 'wss:': '443' };

/** A host name with its port, as the pattern gives them; `port` is `''` when any port will do. */
interface HostAndPort {
  readonly host: string;
  readonly port: string;
}

/**
 * The test for one string of a `propagateTo` list: an origin (`https://api.example.com:8443`) or a host
 * pattern (`example.com`, `*.example.com`, either with `:port`). `*.example.com` is what lies under
 * example.com, not example.com itself. All is compared after parsing, so spelling does not matter.
 *
 * @returns `undefined` when the string is neither.
 */
export function compileHostPattern(pattern: string): ((url: URL) => boolean) | undefined {
  if (pattern.includes('://')) return compileOrigin(pattern);
  if (pattern === 'all' || pattern === 'none' || pattern === 'private') return undefined; // words of the option, not hosts
  const isSuffix = pattern.startsWith('*.');
  const parsed = parseHost(isSuffix ? pattern.slice(2) : pattern);
  if (parsed === undefined) return undefined;
  return isSuffix ? compileSuffix(parsed) : compileHost(parsed);
}

function compileOrigin(pattern: string): ((url: URL) => boolean) | undefined {
  const url = parseUrl(pattern);
  if (url === undefined || url.origin === 'null' || !isBare(url)) return undefined;
  const { origin } = url;
  return function isOrigin(candidate) {
    return candidate.origin === origin;
  };
}

function compileHost({ host, port }: HostAndPort): (url: URL) => boolean {
  return function isHost(url) {
    return withoutTrailingDot(url.hostname) === host && matchesPort(url, port);
  };
}

function compileSuffix({ host, port }: HostAndPort): (url: URL) => boolean {
  const suffix = `.${host}`;
  return function isUnderHost(url) {
    return withoutTrailingDot(url.hostname).endsWith(suffix) && matchesPort(url, port);
  };
}

function matchesPort(url: URL, port: string): boolean {
  return port === '' || port === (url.port || DEFAULT_PORTS[url.protocol]);
}

/** The host as `URL` would write it: lower case, punycode, IPv4 and IPv6 in their one form. */
function parseHost(text: string): HostAndPort | undefined {
  // These end a host in a URL, or are dropped by its parser: what has them is no host alone.
  if (text === '' || /[\s/\\?#@*]/.test(text)) return undefined;
  const url = parseUrl(`http://${text}`);
  if (url === undefined || !isBare(url)) return undefined;
  // `URL` leaves the scheme's own port out, but whoever wrote `example.com:80` meant that port.
  const port = url.port === '' && /:0*80$/.test(text) ? '80' : url.port;
  return { host: withoutTrailingDot(url.hostname), port };
}

function isBare(url: URL): boolean {
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
