/** Longer texts are cut: what makes two calls equivalent stands at their beginning. */
const LONGEST = 2048;

const QUOTED = /'(?:[^']|'')*'/g;
const PLACEHOLDER = /\$\d+|:\w+|@\w+|\b0x[0-9a-f]+\b|\b\d+(?:\.\d+)?\b/gi;
const LIST = /\(\s*\?(?:\s*,\s*\?)*\s*\)/g;
const SPACES = /\s+/g;

/**
 * A database statement without what differs from call to call: values and lists of values become `?`,
 * spaces one space.
 *
 *     normaliseStatement("SELECT * FROM item WHERE id = 17")      // 'SELECT * FROM item WHERE id = ?'
 *     normaliseStatement("… WHERE id IN (1, 2, 3)")               // '… WHERE id IN (?)'
 */
export function normaliseStatement(statement: string): string {
  return statement
    .slice(0, LONGEST)
    .replace(QUOTED, '?')
    .replace(PLACEHOLDER, '?')
    .replace(LIST, '(?)')
    .replace(SPACES, ' ')
    .trim();
}

const STATEMENT = /^\s*(?:select|insert|update|delete|with)\b/i;

/** A span's name without ids, where it is a statement or has a path in it. Other names stay: `step 1` is not `step 2`. */
export function normaliseName(name: string): string {
  if (STATEMENT.test(name)) return normaliseStatement(name);
  if (!name.includes('/')) return name;
  const words = name.slice(0, LONGEST).split(' ');
  return words.map((word) => (word.includes('/') ? normalisePath(word) : word)).join(' ');
}

/**
 * The path of a URL as a route: segments that look like ids become `:id`. The query is left out.
 *
 *     normalisePath('http://stock:8080/items/17/parts?x=1')   // '/items/:id/parts'
 */
export function normalisePath(url: string): string {
  return pathOf(url)
    .split('/')
    .map((segment) => (looksLikeId(segment) ? ':id' : segment))
    .join('/');
}

/** The path of an absolute or relative URL: no origin, no query, no fragment. */
export function pathOf(url: string): string {
  const text = url.slice(0, LONGEST);
  const scheme = text.indexOf('://');
  const start = scheme === -1 ? 0 : text.indexOf('/', scheme + 3);
  if (start === -1) return '/';
  const end = text.slice(start).search(/[?#]/);
  return end === -1 ? text.slice(start) : text.slice(start, start + end);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Numbers, UUIDs, hexadecimal ids, and anything long with a digit in it. */
function looksLikeId(segment: string): boolean {
  if (segment.length > 64 || /^\d+$/.test(segment) || UUID.test(segment)) return true;
  if (!/\d/.test(segment)) return false;
  return /^[0-9a-f]{8,}$/i.test(segment) || segment.length >= 20;
}
