import type { RedisClient } from './client.ts';
import { type RedisCommand, RedisLink, type RedisReply, type SendOptions } from './link.ts';
import type { RedisNodes } from './nodes.ts';

/** A standalone server, or the master that the sentinels name. */
export class SingleNode implements RedisNodes {
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
