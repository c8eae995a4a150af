const PRIVATE_SUFFIXES: readonly string[] = ['.internal', '.local', '.svc', '.localhost', '.svc.cluster.local'];

/**
 * True for a host that only a private network can reach: loopback, the private, link-local and shared
 * ranges of IPv4 and IPv6, names without a dot, and names under `.internal`, `.local`, `.svc` and
 * `.localhost`, with or without a trailing dot. Nothing is resolved: it is the name that decides.
 *
 * @param hostname `URL.hostname`: IPv6 in brackets, IPv4 in any spelling already made dotted decimal.
 */
export function isPrivateHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPrivateIpv6(hostname.slice(1, -1));
  const name = withoutTrailingDot(hostname);
  const address = startsWithDigit(name) ? parseIpv4(name) : undefined;
  if (address !== undefined) return isPrivateIpv4(address);
  return isPrivateName(name.toLowerCase());
}

/** `example.com.` is `example.com`, said in full. */
export function withoutTrailingDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function isPrivateName(name: string): boolean {
  if (name === '') return false;
  return !name.includes('.') || PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

/** Most hosts are names: they need not be split. */
function startsWithDigit(name: string): boolean {
  const code = name.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

type Ipv4 = readonly [number, number, number, number];

function isPrivateIpv4([a, b]: Ipv4): boolean {
  if (a === 127 || a === 10) return true; // loopback; RFC 1918
  if (a === 172) return b >= 16 && b <= 31; // RFC 1918
  if (a === 192) return b === 168; // RFC 1918
  if (a === 169) return b === 254; // link-local
  return a === 100 && b >= 64 && b <= 127; // shared address space, RFC 6598
}

function parseIpv4(text: string): Ipv4 | undefined {
  if (text.length > 15) return undefined;
  const [a, b, c, d, ...more] = text.split('.').map(decimalByte);
  if (a === undefined || b === undefined || c === undefined || d === undefined || more.length > 0) return undefined;
  return [a, b, c, d];
}

function decimalByte(text: string): number | undefined {
  const value = Number(text);
  return value <= 255 && String(value) === text ? value : undefined;
}

/** `URL` writes IPv6 in its shortest form: `::1`, `fe80::1`, and `::ffff:10.0.0.1` as `::ffff:a00:1`. */
function isPrivateIpv6(address: string): boolean {
  if (address === '::1') return true;
  if (address.startsWith('::ffff:')) return isPrivateMapped(address.slice('::ffff:'.length));
  const first = address.startsWith(':') ? 0 : Number.parseInt(address, 16);
  return (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80; // unique local fc00::/7, link-local fe80::/10
}

function isPrivateMapped(tail: string): boolean {
  const [high, low, ...more] = tail.split(':').map((group) => Number.parseInt(group, 16));
  if (high === undefined || low === undefined || more.length > 0) return false;
  return isPrivateIpv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
