import { type Layer, layerWith, type Route, stackOf } from './express-layers.ts';
import { joinTemplate, mountTemplate, routePattern } from './route.ts';

// The template of a mount is what the app wrote, never what a client sent. Where it is to be had:
//
//   router 2.3 and later  keeps it on the request, under a symbol, and as `rawPath` on the layer
//   Express 4             compiled it to a RegExp, from which it is read back
//   router 2.0 to 2.2     keeps nothing: it is rebuilt from the text that matched and its parameters

/** An Express app, as far as it tells where it is mounted. */
interface App {
  readonly parent?: App;
  readonly mountpath?: unknown;
}

/** A mount that a request is inside of. */
export interface Mount {
  /** The whole URL up to here. */
  readonly path: string;
  readonly template: string;
  readonly params: unknown;
  /** The layers of what is mounted, where they are known. */
  readonly layers: readonly Layer[] | undefined;
}

/** The mount that has just matched, inside of `outer`: `path` is the URL up to its end. */
export function mountAt(path: string, req: object, app: unknown, params: unknown, outer: Mount | undefined): Mount {
  const pattern = matchedPattern(req);
  if (pattern !== undefined) return { path, template: writtenAs(pattern), params, layers: undefined };
  const text = path.slice(outer?.path.length ?? 0);
  const around = outer?.layers ?? stackOf(app);
  const layer = layerWith(params, around) ?? mergedLayer(around, text, 0);
  const written = layer && templateOfLayer(layer, text);
  const template = written ?? mountTemplate(text.toLowerCase(), withoutOuter(params, outer?.params));
  return { path, template, params, layers: layer?.handle?.stack };
}

/** The mount that a middleware stands in which was reached before anybody watched; undefined where it is not found. */
export function templateAround(middleware: unknown, app: unknown): string | undefined {
  const inside = pathTo(middleware, stackOf(app), 0);
  return inside === undefined ? undefined : joinTemplate(mountedAt(app as App, 0), inside);
}

/** The mount of an app in its parents. */
function mountedAt({ parent, mountpath }: App, depth: number): string {
  if (parent === undefined || depth > MAX_DEPTH) return '';
  const own = templateOfPattern(mountpath);
  return joinTemplate(mountedAt(parent, depth + 1), own);
}

function pathTo(middleware: unknown, stack: readonly Layer[] | undefined, depth: number): string | undefined {
  if (!Array.isArray(stack) || depth > MAX_DEPTH) return undefined;
  for (const layer of stack as readonly Layer[]) {
    if (layer.handle === middleware) return templateOfLayer(layer) ?? '*';
    if (isIn(layer.route, middleware)) return '';
    const inside = pathTo(middleware, layer.handle?.stack, depth + 1);
    if (inside !== undefined) return joinTemplate(templateOfLayer(layer) ?? '/*', inside);
  }
  return undefined;
}

/** Is `middleware` one of the handlers of this route? */
export function isIn(route: unknown, middleware: unknown): boolean {
  const stack = (route as Route | undefined)?.stack;
  return Array.isArray(stack) && stack.some(({ handle }) => handle === middleware);
}

const MAX_DEPTH = 8;

/** The symbol of the router in use. Each copy of it has its own. */
let patternKey: symbol | undefined;

function matchedPattern(req: object): unknown {
  const known = patternKey && (req as Record<symbol, unknown>)[patternKey];
  if (known !== undefined) return known;
  const key = Object.getOwnPropertySymbols(req).find(({ description }) => description === PATTERN_KEY);
  if (key === undefined) return undefined;
  patternKey = key;
  return (req as Record<symbol, unknown>)[key];
}

const PATTERN_KEY = 'router.tracing.matchedRoute';

/** A mount of a router with `mergeParams`, whose parameters are a copy: by the text that it matched. */
function mergedLayer(stack: readonly Layer[] | undefined, text: string, depth: number): Layer | undefined {
  if (!Array.isArray(stack) || depth > MAX_DEPTH) return undefined;
  for (const layer of stack as readonly Layer[]) {
    if (layer.route === undefined && typeof layer.path === 'string' && withoutSlash(layer.path) === text) return layer;
    const inner = mergedLayer(layer.handle?.stack, text, depth + 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** A mount as it was written, in the parts that each match for themselves. */
interface Written {
  readonly template: string;
  readonly matches: RegExp | undefined;
}

const written = new WeakMap<Layer, readonly Written[]>();

/** `text` chooses among several mount paths; without it they all stand. */
function templateOfLayer(layer: Layer, text?: string): string | undefined {
  let parts = written.get(layer);
  if (parts === undefined) {
    parts = readLayer(layer);
    written.set(layer, parts);
  }
  const chosen = text === undefined ? undefined : parts.find(({ matches }) => matches?.test(text));
  if (chosen !== undefined) return chosen.template;
  return parts.length === 0 ? undefined : parts.map(({ template }) => template).join(',');
}

function readLayer({ rawPath, regexp, keys, ...layer }: Layer): readonly Written[] {
  if (rawPath !== undefined) return [{ template: templateOfPattern(rawPath), matches: undefined }];
  if (regexp instanceof RegExp) return readCompiled(regexp, Array.isArray(keys) ? keys : []);
  return isRegExpLayer(layer) ? [{ template: '/*', matches: undefined }] : [];
}

/** The mount that was entered last: five middlewares at one path are five mounts in a row. */
let entered: { readonly pattern: unknown; readonly template: string } = { pattern: '', template: '' };

function writtenAs(pattern: unknown): string {
  if (entered.pattern !== pattern) entered = { pattern, template: templateOfPattern(pattern) };
  return entered.template;
}

/** A mount path as text: a pattern, a RegExp, or a list of them. */
function templateOfPattern(pattern: unknown): string {
  return pattern instanceof RegExp ? templateOfRegExp(pattern) : withoutSlash(routePattern(pattern));
}

/** `/^\\/r\\/(\\d+)/` is `/r/*`: where whole segments are text or groups. Any other expression stands as it was written. */
function templateOfRegExp(regexp: RegExp): string {
  const segments = /^\^?((?:\\\/(?:[\w-]+|\((?:\?<\w+>)?[^()/]+\)))+)(?:\\\/\?)?\$?$/.exec(regexp.source)?.[1];
  if (segments === undefined) return String(regexp);
  const shown = segments.split('\\/').map((segment) => {
    if (!segment.startsWith('(')) return segment;
    const name = /^\(\?<(\w+)>/.exec(segment)?.[1];
    return name === undefined ? '*' : `:${name}`;
  });
  return shown.join('/');
}

/** Router 2.0 to 2.2 match by functions, whose name says what they were made of. */
function isRegExpLayer(layer: object): boolean {
  const { matchers } = layer as { readonly matchers?: unknown };
  return (
    Array.isArray(matchers) && (matchers as readonly { name?: unknown }[]).some(({ name }) => name === 'regexpMatcher')
  );
}

/** The end that path-to-regexp 0.1 gives to a mount. */
const END = '\\/?(?=\\/|$)';

/** `^\/v(?:([^\/]+?))\/?(?=\/|$)` was `/v:version`. A RegExp of the app's stays one. */
function readCompiled(regexp: RegExp, keys: readonly { readonly name?: unknown }[]): readonly Written[] {
  const { source, flags } = regexp;
  if (!source.startsWith('^') || !source.endsWith(END)) {
    return [{ template: templateOfRegExp(regexp), matches: undefined }];
  }
  const names = keys.map(({ name }) => name);
  const parts = source.slice(1, -END.length).split(`${END}|^`);
  return parts.map((part) => ({
    template: readPart(part, names),
    matches: parts.length === 1 ? undefined : new RegExp(`^${part}${END}`, flags),
  }));
}

function readPart(compiled: string, names: unknown[]): string {
  let template = '';
  for (let at = 0; at < compiled.length; ) {
    const char = compiled[at] as string;
    if (char === '\\') {
      template += compiled[at + 1] ?? '';
      at += 2;
    } else if (char === '(') {
      const end = groupEnd(compiled, at);
      template += readGroup(compiled.slice(at, end), names);
      at = end;
    } else {
      template += char;
      at++;
    }
  }
  return template;
}

/** `(?:\/([^/]+?))` is `/:name`, `(.*)` is `*`. */
function readGroup(group: string, names: unknown[]): string {
  const lead = /^\(\?:\\([/.])/.exec(group)?.[1] ?? '';
  const captures = group.replace(/\\./g, '').match(/\((?!\?)/g)?.length ?? 0;
  const [name, ...more] = names.splice(0, captures);
  const shown = typeof name === 'string' ? `:${name}` : '*';
  return `${lead}${shown}${more.length > 0 ? '*' : ''}`;
}

/** The end of the group that opens at `start`. */
function groupEnd(text: string, start: number): number {
  let depth = 0;
  let inClass = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at + 1;
  }
  return text.length;
}

/** The parameters of a mount alone: with `mergeParams` those around it are among them. */
function withoutOuter(params: unknown, outer: unknown): unknown {
  if (typeof params !== 'object' || params === null || typeof outer !== 'object' || outer === null) return params;
  const around = outer as Record<string, unknown>;
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => around[name] !== value));
}

function withoutSlash(path: string): string {
  return path.endsWith('/') && !path.startsWith('/^') ? path.slice(0, -1) : path;
}
