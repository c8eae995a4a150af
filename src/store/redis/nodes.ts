import { isCluster, type RedisClient } from './client.ts';
import { ClusterNodes } from './cluster.ts';
import { type RedisCommand, RedisLink, type RedisReply, type SendOptions } from './link.ts';

/** Sends each command to the server that has its key. */
export interface RedisNodes {
  /** One reply a command, an `Error` in the place of one that failed. Never rejects, and is over when the signal fires. */
  send(commands: readonly RedisCommand[], options: SendOptions): Promise<RedisReply[]>;
  /** A connection of one's own to the server that has the key, for commands that block. The caller closes it. */
  linkFor(key: string, signal: AbortSignal): Promise<RedisLink>;
  close(): void;
}

export function redisNodes(client: RedisClient): RedisNodes {
  return isCluster(client) ? new ClusterNodes(client) : new SingleNode(client);
}

/** A standalone server, or the master that the sentinels name. */
class SingleNode implements RedisNodes {
  readonly #client: RedisClient;
  readonly #link: RedisLink;

  constructor(client: RedisClient) {
    this.#client = client;
    this.#link = new RedisLink(client);
  }

  async send(commands: readonly RedisCommand[], options: SendOptions): Promise<RedisReply[]> {
    return commands.length === 0 ? [] : this.#link.send(commands, options);
  }

  async linkFor(): Promise<RedisLink> {
    return new RedisLink(this.#client, undefined, true);
  }

  close(): void {
    this.#link.close();
  }
}
