import {
  type NodeAddress,
  newConnection,
  type RedisArgument,
  type RedisClient,
  type RedisConnection,
} from './client.ts';
import { faultOf, UNREPLICATED } from './fault.ts';

/** One command, and the key that says which node of a cluster it belongs to. */
export interface RedisCommand {
  readonly key: string;
  /** Name and arguments, the key among them. */
  readonly parts: readonly [name: string, ...args: RedisArgument[]];
}

/** Values come as Buffers, lists and numbers; what failed is an `Error` in its place. */
export type RedisReply = unknown;

/** Options of sending. */
export interface SendOptions {
  readonly signal: AbortSignal;
  /** Wait until a replica has the writes, where there is one. */
  readonly replicated?: boolean | undefined;
  /** The slot is on its way to this node (`ASK`). */
  readonly asking?: boolean | undefined;
}

/** The time in which a replica must have confirmed. */
const REPLICA_WAIT_MS = 1000;

/**
 * One connection to one server, made when it is needed and thrown away when it breaks, so that no state of a
 * broken one is left. An idle one never keeps the process alive.
 */
export class RedisLink {
  readonly #template: RedisClient;
  readonly #address: NodeAddress | undefined;
  readonly #keepsAlive: boolean;
  #opening: Promise<RedisConnection> | undefined;
  #connection: RedisConnection | undefined;
  /** Replicas that follow this master, as it said last. */
  #replicas = 0;
  #closed = false;

  constructor(template: RedisClient, address?: NodeAddress, keepsAlive = false) {
    this.#template = template;
    this.#address = address;
    this.#keepsAlive = keepsAlive;
  }

  /**
   * Sends the commands in one go. Never rejects for what Redis answers: each reply is a value or an Error.
   * When the connection fails, or the signal fires, all unanswered ones are Errors.
   */
  async send(commands: readonly RedisCommand[], options: SendOptions): Promise<RedisReply[]> {
    try {
      const connection = await this.#opened(options.signal);
      const replies = await this.#exchange(connection, commands, options);
      if (replies.some((reply) => reply instanceof Error && faultOf(reply).kind === 'down')) this.#drop();
      return replies;
    } catch (error) {
      this.#drop();
      return commands.map(() => (error instanceof Error ? error : new Error(String(error))));
    }
  }

  /** Gives the connection up; the next command makes a new one, unless `close` was called. */
  #drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#opening = undefined;
    discard(connection);
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #opened(signal: AbortSignal): Promise<RedisConnection> {
    signal.throwIfAborted();
    if (this.#closed) throw new Error('the connection was closed by shutdown or close()');
    this.#opening ??= this.#open();
    return abortable(this.#opening, signal);
  }

  async #open(): Promise<RedisConnection> {
    const connection = newConnection(this.#template, this.#address);
    this.#connection = connection;
    let cause: unknown;
    connection.on('error', (error) => {
      cause ??= error;
    });
    connection.on('end', () => {
      if (this.#connection === connection) this.#drop();
    });
    const connecting = connection.connect();
    // The socket is made in a later turn, and would keep the process alive while it connects.
    if (!this.#keepsAlive) setImmediate(() => connection.stream?.unref?.());
    try {
      await connecting;
    } catch (error) {
      throw cause ?? error;
    }
    if (!this.#keepsAlive) connection.stream?.unref?.();
    const [role] = await run(connection, [['ROLE']]);
    this.#replicas = replicasOf(role);
    return connection;
  }

  async #exchange(
    connection: RedisConnection,
    commands: readonly RedisCommand[],
    { signal, replicated = false, asking = false }: SendOptions,
  ): Promise<RedisReply[]> {
    const lines: RedisCommand['parts'][] = [];
    for (const { parts } of commands) {
      if (asking) lines.push(['ASKING']);
      lines.push(parts);
    }
    const waits = replicated && this.#replicas > 0;
    if (replicated) lines.push(['ROLE']);
    if (waits) lines.push(['WAIT', 1, REPLICA_WAIT_MS]);
    const replies = await abortable(run(connection, lines), signal);
    const confirmed = waits ? Number(replies.pop()) : 1;
    if (replicated) this.#replicas = replicasOf(replies.pop());
    const own = asking ? replies.filter((_, index) => index % 2 === 1) : replies;
    // The last replica may just have gone: then there was none to confirm.
    if (confirmed >= 1 || this.#replicas === 0) return own;
    return own.map((reply) => (reply instanceof Error ? reply : new Error(UNREPLICATED)));
  }
}

async function run(connection: RedisConnection, lines: readonly RedisCommand['parts'][]): Promise<RedisReply[]> {
  const pipeline = connection.pipeline();
  for (const [name, ...args] of lines) pipeline.callBuffer(name, ...args);
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, value]) => error ?? value);
}

/** `['master', offset, [[ip, port, offset], …]]`. Where `ROLE` is not allowed there is nothing to wait for. */
function replicasOf(role: RedisReply): number {
  const replicas = Array.isArray(role) ? (role as unknown[])[2] : undefined;
  return Array.isArray(replicas) ? replicas.length : 0;
}

/** The promise, or the signal's reason, whichever comes first. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    promise.catch(() => {});
  }
}

/** A server that is stopped never closes its end: waiting for it would keep the socket. */
function discard(connection: RedisConnection | undefined): void {
  if (connection === undefined) return;
  const { stream } = connection;
  connection.disconnect();
  stream?.destroy?.();
}
