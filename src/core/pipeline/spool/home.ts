import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteFault } from '../../diagnostics.ts';
import { lazyBuiltin } from '../../lazy-builtin.ts';
import { newOwnerName } from './owner.ts';

const crypto = lazyBuiltin('node:crypto');

/**
 * The folder of one service's spans for one destination:
 *
 *     <base>/<service>/<exporter>/<owner>/00000001-9f3c11a2.v1.spool
 *                                 dead-letters.jsonl
 *
 * Nothing is made before something is to be written. All of it is the user's own, with mode 0700: in a
 * folder that anybody may write to, such as /tmp, what another user or a symbolic link has put in our
 * place is refused.
 */
export class SpoolHome {
  /** The directory that all processes of the service share which send to this destination. */
  readonly shared: string;
  readonly #parents: readonly string[];
  #own: string | undefined;

  constructor(base: string | undefined, service: string, exporter: string, destination: string) {
    const root = base ?? defaultBase();
    const ofService = join(root, folderName(service));
    this.shared = join(ofService, `${folderName(exporter)}-${digest(destination)}`);
    this.#parents = [root, ofService, this.shared];
    this.#own = undefined;
  }

  /** This thread's own directory, if it has been made. */
  get own(): string | undefined {
    return this.#own;
  }

  /** Makes this thread's own directory where there is none. Throws what the system, or {@link checkPrivate}, has to say. */
  makeOwn(): string {
    if (this.#own !== undefined) return this.#own;
    this.makeShared();
    const own = join(this.shared, newOwnerName());
    mkdirSync(own, { mode: 0o700 });
    this.#own = own;
    return own;
  }

  makeShared(): void {
    const [root, ...below] = this.#parents;
    mkdirSync(root as string, { recursive: true, mode: 0o700 });
    // A root in a folder of everybody's is checked as what lies below; one that was named is the user's business.
    if (root === defaultBase()) checkPrivate(root);
    for (const path of below) {
      makeDirectory(path);
      checkPrivate(path);
    }
  }

  /** Another directory of this thread, to which an orphan can be renamed. */
  nameForOrphan(): string {
    return join(this.shared, newOwnerName());
  }

  /** The own directory is gone, or shall be left to whoever finds it: the next one is new. */
  leaveOwn(): void {
    this.#own = undefined;
  }

  removeOwn(): void {
    if (this.#own === undefined) return;
    try {
      rmSync(this.#own, { recursive: true, force: true });
    } catch (error) {
      noteFault('spool', error);
    }
    this.#own = undefined;
  }
}

/** `$XDG_STATE_HOME/throughline`, else a folder of the user's own where temporary files go. */
function defaultBase(): string {
  const state = process.env.XDG_STATE_HOME;
  if (state?.startsWith('/')) return join(state, 'throughline');
  const user = process.getuid?.();
  return join(tmpdir(), user === undefined ? 'throughline' : `throughline-${user}`);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Throws unless `path` is a directory of this user's, and no link, that nobody else may write to. */
function checkPrivate(path: string): void {
  const stat = lstatSync(path);
  const user = process.getuid?.();
  if (!stat.isDirectory()) throw new Error(`${path} is not a directory`);
  if (user === undefined) return; // Windows: folders there belong to their user
  if (stat.uid !== user) throw new Error(`${path} belongs to another user`);
  if ((stat.mode & 0o022) !== 0) throw new Error(`${path} may be written to by others`);
}

/** A name as one folder: bounded, without separators; what had to be changed stays apart by its digest. */
function folderName(name: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 60);
  return plain === name && plain !== '' ? plain : `${plain}-${digest(name)}`;
}

function digest(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex').slice(0, 8);
}
