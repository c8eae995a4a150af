import { fileURLToPath } from 'node:url';
import { noteFault } from '../diagnostics.ts';
import type { Attributes } from '../record.ts';

/** The public function that an app called to start a span: what is above it on the stack is the app's. */
export type Caller = (...args: never[]) => unknown;

/**
 * The place where `caller` was called: `code.file.path`, `code.line.number`, `code.function.name` (semantic
 * conventions, code attributes). Nothing where there is no JavaScript caller, such as for a function
 * that a native one calls, or where the frame is not to be had.
 */
export function locationOf(caller: Caller): Attributes {
  try {
    const site = callSite(caller);
    const file = site?.getFileName();
    if (!site || !file) return {};
    return {
      'code.file.path': pathOf(file),
      'code.line.number': site.getLineNumber() ?? undefined,
      'code.function.name': qualifiedName(site),
    };
  } catch (error) {
    noteFault('location', error); // a frozen `Error`, say
    return {};
  }
}

/**
 * One frame, and that unformatted: half the cost of reading `stack` as text (bench/micro/location).
 * All that is changed on `Error` for it is put back, an app's own `prepareStackTrace` as well.
 */
function callSite(caller: Caller): NodeJS.CallSite | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder: { stack?: NodeJS.CallSite } = {};
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = firstFrame;
    Error.captureStackTrace(holder, caller);
    return holder.stack; // read here: V8 asks `prepareStackTrace` at the first look
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function firstFrame(_holder: unknown, frames: NodeJS.CallSite[]): NodeJS.CallSite | undefined {
  return frames[0];
}

/** `Orders.find` for a method; V8 names the class apart. */
function qualifiedName(site: NodeJS.CallSite): string | undefined {
  const name = site.getFunctionName();
  if (name === null || name === '') return undefined;
  const type = site.isToplevel() ? null : site.getTypeName();
  if (type === null || type === 'Object' || type === 'Function' || name.startsWith(type)) return name;
  return `${type}.${name}`;
}

/** Paths of modules by URL: an app has some hundreds, but one that makes modules as it runs must not fill this. */
const paths = new Map<string, string>();
const REMEMBERED = 4096;

/** ES modules are named by URL, CommonJS ones by path. */
function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file;
  const known = paths.get(file);
  if (known !== undefined) return known;
  if (paths.size >= REMEMBERED) paths.clear();
  const path = fileURLToPath(file);
  paths.set(file, path);
  return path;
}
