import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { listEntries } from '../support/repository.ts';
import { blankNonCode, type ModuleImport, parseImports } from './module-source.ts';
import { lies, type Room, roomOf, rooms } from './rooms.ts';

/** The sources behind the public names: `src/index.ts`. */
const DOORS = new Set(listEntries().map(({ source }) => source));

export interface SourceFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** One sentence for each broken rule: where, what, and how to mend it. */
export function findFaults(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const room = roomOf(path);
    if (!room) return [describeUnknownRoom(path)];
    return [...findImportFaults(path, room, text), ...findGlobalFaults(path, room, text)];
  });
}

function findImportFaults(path: string, room: Room, text: string): string[] {
  return parseImports(text).flatMap((found) => {
    const fault = judgeImport(path, room, found);
    return fault ? [`${path}:${found.line} ${fault}\n    ${room.path}: ${room.why}`] : [];
  });
}

function judgeImport(path: string, room: Room, { specifier, kind }: ModuleImport): string | undefined {
  if (specifier === undefined) return judgeComputed(room);
  if (specifier.startsWith('.')) return judgeRelative(room, posix.join(posix.dirname(path), specifier));
  if (isBuiltin(specifier)) return kind === 'type' ? undefined : judgeBuiltin(room, specifier);
  if (lies(specifier, 'throughline')) return judgeOwnName(room, specifier);
  return judgePackage(room, specifier, kind);
}

function judgeComputed(room: Room): string | undefined {
  if (!room.isShipped) return undefined;
  return 'computes what it imports, which no bundler can follow: name the module in the import itself.';
}

function judgeRelative(room: Room, written: string): string | undefined {
  const target = sourcePath(written);
  const targetRoom = roomOf(target);
  if (!targetRoom) return describeUnknownRoom(target);
  if (targetRoom === room) return undefined;
  if (DOORS.has(target) && !room.isShipped) {
    return `imports ${target}, a door: import it by its public name (throughline or throughline/...).`;
  }
  const mayImport = room.mayImport ?? [];
  if (mayImport.some((allowed) => isAllowed(target, targetRoom, allowed))) return undefined;
  return (
    `imports ${target}, but ${room.path} may import ${list(mayImport, 'nothing of ours')}. Move the code to the room ` +
    'it belongs to, or pass the thing in. A new arrow is a change of design: rooms.ts, with its reason in docs/rationale.md.'
  );
}

/** An arrow to a room is to its own files: the rooms inside it have arrows of their own. */
function isAllowed(target: string, targetRoom: Room, allowed: string): boolean {
  const isRoom = rooms.some((room) => room.path === allowed);
  return isRoom ? targetRoom.path === allowed : lies(target, allowed);
}

function judgeBuiltin(room: Room, specifier: string): string | undefined {
  const name = specifier.startsWith('node:') ? specifier : `node:${specifier}`;
  const { builtins = [] } = room;
  if (builtins === 'any' || builtins.includes(name)) return undefined;
  return `imports ${specifier}, but ${room.path} may use of Node ${list(builtins, 'no module')}. See rooms.ts.`;
}

function judgeOwnName(room: Room, specifier: string): string | undefined {
  if (!room.isShipped) return undefined;
  return `imports ${specifier}: inside the package files import each other by path, or the arrows go unseen.`;
}

function judgePackage(room: Room, specifier: string, kind: ModuleImport['kind']): string | undefined {
  const name = packageName(specifier);
  const { packages = [] } = room;
  if (packages === 'any' || packages.includes(name)) return undefined;
  const remedy =
    kind === 'type' ? 'describe the shape here (its users may not have the types)' : 'let the app pass its object in';
  return `imports ${name}, but ${room.path} may use ${list(packages, 'no package')}: ${remedy}.`;
}

/** `dist/src/core/span.js` was built from `src/core/span.ts`; a source is its own. */
export function sourcePath(path: string): string {
  return path.startsWith('dist/') ? path.slice('dist/'.length).replace(/\.js$/, '.ts') : path;
}

/** `@koa/router/types` is of `@koa/router`, `rxjs/ajax` of `rxjs`. */
function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Taken as an argument by a pure room, if it needs it at all. */
const IO_GLOBALS =
  /(?<![.\w$])(?:process|console|fetch|setTimeout|setInterval|setImmediate|queueMicrotask)\b(?=\s*[.([])/g;

function findGlobalFaults(path: string, room: Room, text: string): string[] {
  if (!room.isPure) return [];
  const code = blankNonCode(text);
  return [...code.matchAll(IO_GLOBALS)].map((match) => {
    const line = code.slice(0, match.index).split('\n').length;
    return `${path}:${line} uses ${match[0]}, but ${room.path} is pure: take it as an argument.\n    ${room.path}: ${room.why}`;
  });
}

function describeUnknownRoom(path: string): string {
  return (
    `${path} stands in no room. Put it into one of ${rooms.map((room) => room.path).join(', ')}; ` +
    'a new room needs a row in test/architecture/rooms.ts and a sentence in docs/rationale.md.'
  );
}

function list(items: readonly string[], none: string): string {
  return items.length === 0 ? none : `only ${items.join(', ')}`;
}
