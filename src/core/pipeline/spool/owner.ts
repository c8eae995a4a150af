import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { lazyBuiltin } from '../../lazy-builtin.ts';

const crypto = lazyBuiltin('node:crypto');
const workerThreads = lazyBuiltin('node:worker_threads');

/**
 * The owner of a spool's directory. It stands in the directory's name, so that one `rename` takes it over:
 * there is no moment at which it has no owner, or two.
 *
 *     4f1c9a02-31337-8812345-0-6b1f0c77a9e2
 *     machine  pid   started thread  random
 *
 * `machine` stands for host, boot and process namespace: a pid means something only within them.
 * `started` is when the process began, in ticks since boot; 0 where the system does not say.
 */
export interface Owner {
  readonly machine: string;
  readonly pid: number;
  readonly started: string;
  readonly thread: number;
}

const NAME = /^([0-9a-f]{8})-(\d{1,10})-(\d{1,20})-(\d{1,10})-[0-9a-f]{12}$/;

/** A name for a new directory of this thread. */
export function newOwnerName(): string {
  const { machine, pid, started, thread } = thisOwner();
  return `${machine}-${pid}-${started}-${thread}-${crypto().randomUUID().slice(-12)}`;
}

/** `undefined` for a directory that is no spool's. */
export function parseOwnerName(name: string): Owner | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, machine = '', pid, started = '', thread] = match;
  return { machine, pid: Number(pid), started, thread: Number(thread) };
}

/**
 * True while the owner lives. A main thread on this machine can be asked after; another machine's
 * process, and a worker thread (which can be terminated while its process lives on), count as dead
 * when they have given no sign for `staleMs`. `quietMs` is how long they have been silent.
 */
export function ownerLives(owner: Owner, quietMs: number, staleMs: number): boolean {
  const self = thisOwner();
  if (owner.machine !== self.machine) return quietMs < staleMs;
  if (!processLives(owner)) return false;
  return owner.thread === 0 && owner.started !== '0' ? true : quietMs < staleMs;
}

function processLives({ pid, started }: Owner): boolean {
  if (started !== '0') return startOf(String(pid)) === started;
  try {
    process.kill(pid, 0); // 0 is no signal: it only asks
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there, and another user's
  }
}

let known: Owner | undefined;

function thisOwner(): Owner {
  known ??= {
    machine: machineId(),
    pid: process.pid,
    started: startOf('self') ?? '0',
    thread: workerThreads().threadId,
  };
  return known;
}

function machineId(): string {
  const parts = [hostname(), readText('/proc/sys/kernel/random/boot_id'), readLink('/proc/self/ns/pid')];
  return crypto().createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the second, the command, may hold spaces and brackets. */
function startOf(pid: string): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const started = fields[22 - 3];
  return started !== undefined && /^\d{1,20}$/.test(started) ? started : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // no Linux, or no /proc
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
