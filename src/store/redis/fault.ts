/**
 * The kinds of failed commands, by what is to be done:
 *
 * - `moved`, `ask`: another node of the cluster has the slot
 * - `wrong-type`: the key holds something else; this key alone is lost
 * - `down`: the connection or the node; it is replaced
 * - `busy`: the server is there but cannot now (loading, out of memory, no replica)
 * - `unable`: it never will be able to (too old)
 */
export type FaultKind = 'moved' | 'ask' | 'wrong-type' | 'down' | 'busy' | 'unable';

export interface RedisFault {
  readonly kind: FaultKind;
  /** For a person: what is wrong, and what to do. Printable ASCII. */
  readonly reason: string;
  /** `host:port`, of `moved` and `ask`. */
  readonly address?: string | undefined;
}

/** A write that no replica has confirmed. */
export const UNREPLICATED = 'NOTREPLICATED';

/** The errors that Redis answers, by their first word, and what to say of them. */
const ANSWERS: Readonly<Record<string, readonly [kind: FaultKind, reason: string]>> = {
  WRONGTYPE: ['wrong-type', 'a key of ours holds another type of value: is the prefix "tl:" used by something else?'],
  OOM: ['busy', 'Redis has reached its maxmemory: raise it, or give redis() a shorter ttl'],
  LOADING: ['busy', 'Redis is loading its data after a start'],
  CLUSTERDOWN: ['busy', 'the Redis cluster is down: some slots have no master'],
  TRYAGAIN: ['busy', 'a slot of the Redis cluster is being moved'],
  MASTERDOWN: ['busy', 'a Redis replica has lost its master'],
  BUSY: ['busy', 'Redis is running a script that blocks it'],
  MISCONF: ['busy', 'Redis refuses writes, since it cannot save to its disk'],
  NOREPLICAS: ['busy', 'Redis refuses writes, since it has too few replicas (min-replicas-to-write)'],
  [UNREPLICATED]: ['busy', 'no replica has confirmed the write in time; it is written again'],
  READONLY: ['down', 'this Redis is a replica: after a failover the client must find the new master'],
  NOAUTH: ['busy', 'Redis wants a password: give the client one'],
  WRONGPASS: ['busy', 'Redis refuses the password or the user of the client'],
  NOPERM: ['busy', 'the Redis user of the client may not use a command or key that is needed (see docs/redis.md)'],
};

const NETWORK = /ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|closed|writeable|sentinels are unreachable|aborted/i;

/** Reads an error of ioredis, a reply of Redis or a failed connection. */
export function faultOf(error: unknown): RedisFault {
  const message = messageOf(error);
  const [word = '', slot = '', address = ''] = message.split(' ');
  if ((word === 'MOVED' || word === 'ASK') && /^\d+$/.test(slot)) {
    return { kind: word === 'MOVED' ? 'moved' : 'ask', reason: 'a slot of the Redis cluster has moved', address };
  }
  const known = Object.hasOwn(ANSWERS, word) ? ANSWERS[word] : undefined;
  if (known !== undefined) return { kind: known[0], reason: `${known[1]} (${word})` };
  if (/unknown command|syntax error|wrong number of arguments/i.test(message)) {
    return { kind: 'unable', reason: printable(`Redis 6.2 or later is needed: ${message}`) };
  }
  if (NETWORK.test(message)) return { kind: 'down', reason: printable(`no connection to Redis: ${message}`) };
  return { kind: 'busy', reason: printable(`Redis answered: ${message}`) };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, code } = error as NodeJS.ErrnoException;
  if (message !== '') return message;
  // Trying several addresses fails with an AggregateError without a message.
  const [first] = (error as { errors?: unknown[] }).errors ?? [];
  return first instanceof Error ? first.message : String(code ?? error.name);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 250);
}
