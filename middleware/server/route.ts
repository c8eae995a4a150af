/**
 * The template of a mount path, rebuilt from the path that was matched and the parameters it gave:
 * `/v1/shops` with `{ version: 'v1' }` is `/:version/shops`, and a wildcard's many segments become one:
 * `/files/a/b` with `{ path: ['a', 'b'] }` is `/files/*path`.
 *
 * Express 4 keeps no template of a mount path, so the value is looked for in the path: each parameter
 * replaces the right-most segments that are its value. Where two segments have that value the right-most
 * may be the wrong one (`/users/:name` asked for `/users/users` is right, `/:name/users` is not);
 * docs/rationale.md says why that is accepted.
 */
export function mountTemplate(path: string, params: unknown): string {
  if (typeof params !== 'object' || params === null) return path;
  const segments = path.split('/', MAX_SEGMENTS);
  // The last parameter stands right-most, so it chooses first.
  for (const [name, value] of Object.entries(params).reverse()) replaceParameter(segments, name, value);
  return segments.join('/');
}

const MAX_SEGMENTS = 64;

function replaceParameter(segments: string[], name: string, value: unknown): void {
  // Express 5 gives a wildcard's segments as a list, Express 4 as one text and under a number.
  if (Array.isArray(value)) replaceRun(segments, value, `*${name}`);
  if (typeof value !== 'string' || value === '') return;
  const shown = /^\d/.test(name) ? '*' : `:${name}`;
  if (!replaceRun(segments, [value], shown) && value.includes('/')) replaceRun(segments, value.split('/'), shown);
}

/** Puts `shown` in place of the right-most segments that are `run`; false where there are none. */
function replaceRun(segments: string[], run: readonly unknown[], shown: string): boolean {
  if (run.length === 0) return false;
  for (let at = segments.length - run.length; at >= 0; at--) {
    if (!run.every((part, i) => isValue(segments[at + i] as string, part))) continue;
    segments.splice(at, run.length, shown);
    return true;
  }
  return false;
}

/** A segment that stands for a parameter already is no value of another. */
function isValue(segment: string, value: unknown): boolean {
  return !segment.startsWith(':') && !segment.startsWith('*') && decoded(segment) === value;
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A route's own path as text: a pattern, a RegExp, or a list of them of which the matching one is unknown. */
export function routePattern(path: unknown): string {
  return Array.isArray(path) ? path.map(String).join(',') : String(path);
}

/** `/api` and `/users` are `/api/users`; `/api` and `/` are `/api`. */
export function joinTemplate(mount: string, pattern: string): string {
  if (mount === '') return pattern;
  return pattern === '/' || pattern === '' ? mount : `${mount.replace(/\/$/, '')}${pattern}`;
}

/**
 * The part of `path` that stands before what `pattern` matched: the mounts of koa-mount, which are
 * plain text. A pattern without wildcards and optional parts matches as many segments as it has, so
 * what is left over in front was cut off by mounts. For other patterns only the last mount is known.
 */
export function mountBefore(path: string, pattern: string, lastMount: string): string {
  if (/[*{}?+()]/.test(pattern)) return path.startsWith(lastMount) ? lastMount.replace(/\/$/, '') : '';
  const segments = path.split('/', MAX_SEGMENTS).filter((segment) => segment !== '');
  const matched = pattern.split('/').filter((segment) => segment !== '').length;
  const mounts = segments.slice(0, Math.max(0, segments.length - matched));
  return mounts.length === 0 ? '' : `/${mounts.join('/')}`;
}
