import type { IncomingMessage } from 'node:http';
import { noteFault } from '../../src/core/diagnostics.ts';
import { type Place, type Reader, wrongOption } from '../../src/core/options/options.ts';
import { splitTarget } from '../url-parts.ts';

/** A path (`/healthz`), a path and all below it (`/assets/*`), or an expression for the path. */
export type IgnoredPath = string | RegExp;

/** Which requests get no span: one or several paths, or a function of the request. */
export type IgnoreOption = IgnoredPath | readonly IgnoredPath[] | ((req: IncomingMessage) => boolean);

/** Asked once for each request, with its target as the client sent it. */
export type IgnoreRule = (req: IncomingMessage, target: string) => boolean;

/** The option `ignore`: a rule that never throws. */
export const ignoreReader: Reader<IgnoreRule> = (given, at) => {
  if (typeof given === 'function') return guarded(at.caller, given as (req: IncomingMessage) => unknown);
  const list: readonly unknown[] = Array.isArray(given) ? [...given] : [given];
  const tests = list.map((item) => pathTest(item, at));
  return function isIgnoredPath(_req, target) {
    const { path } = splitTarget(target);
    return tests.some((test) => test(path));
  };
};

function pathTest(item: unknown, at: Place): (path: string) => boolean {
  if (item instanceof RegExp) {
    // Without `g` and `y`, which make a RegExp remember where it was: every other request would be traced.
    const stateless = new RegExp(item.source, item.flags.replace(/[gy]/g, ''));
    return (path) => stateless.test(path);
  }
  if (typeof item !== 'string' || !item.startsWith('/')) {
    throw wrongOption(at, 'paths ("/healthz", "/assets/*"), RegExps or a function', item);
  }
  if (!item.endsWith('/*')) return (path) => path === item;
  const below = item.slice(0, -1);
  return (path) => path.startsWith(below) || path === below.slice(0, -1);
}

/** A rule that fails ignores nothing: a span too many is the smaller loss. */
function guarded(caller: string, decide: (req: IncomingMessage) => unknown): IgnoreRule {
  return function askIgnore(req) {
    try {
      return decide(req) === true;
    } catch (error) {
      noteFault(`${caller}() ignore`, error);
      return false;
    }
  };
}
