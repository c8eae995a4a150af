import type { IncomingMessage } from 'node:http';
import { noteFault } from '../../src/core/diagnostics.ts';
import { optionError, showValue } from '../../src/core/errors.ts';
import { splitTarget } from '../url-parts.ts';

/** A path (`/healthz`), a path and all below it (`/assets/*`), or an expression for the path. */
export type IgnoredPath = string | RegExp;

/** Which requests get no span: one or several paths, or a function of the request. */
export type IgnoreOption = IgnoredPath | readonly IgnoredPath[] | ((req: IncomingMessage) => boolean);

/** Asked once for each request, with its target as the client sent it. */
export type IgnoreRule = (req: IncomingMessage, target: string) => boolean;

/**
 * Turns the `ignore` option of `call` into the rule that is asked for each request: it never throws.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for anything else
 */
export function compileIgnore(call: string, option: unknown): IgnoreRule | undefined {
  if (option === undefined) return undefined;
  if (typeof option === 'function') return guarded(call, option as (req: IncomingMessage) => unknown);
  const list: readonly unknown[] = Array.isArray(option) ? option : [option];
  const tests = list.map((item) => pathTest(call, item));
  return function isIgnoredPath(_req, target) {
    const { path } = splitTarget(target);
    return tests.some((test) => test(path));
  };
}

function pathTest(call: string, item: unknown): (path: string) => boolean {
  if (item instanceof RegExp) {
    // Without `g` and `y`, which make a RegExp remember where it was: every other request would be traced.
    const stateless = new RegExp(item.source, item.flags.replace(/[gy]/g, ''));
    return (path) => stateless.test(path);
  }
  if (typeof item !== 'string' || !item.startsWith('/')) {
    throw optionError(
      `${call}(): "ignore" must be paths ("/healthz", "/assets/*"), RegExps or a function, got ${showValue(item)}`,
    );
  }
  if (!item.endsWith('/*')) return (path) => path === item;
  const below = item.slice(0, -1);
  return (path) => path.startsWith(below) || path === below.slice(0, -1);
}

/** A rule that fails ignores nothing: a span too many is the smaller loss. */
function guarded(call: string, decide: (req: IncomingMessage) => unknown): IgnoreRule {
  return function askIgnore(req) {
    try {
      return decide(req) === true;
    } catch (error) {
      noteFault(`${call}() ignore`, error);
      return false;
    }
  };
}
