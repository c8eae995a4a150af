import type { RedisCommand, RedisLink, RedisReply, SendOptions } from './link.ts';

/** Sends each command to the server that has its key. */
export interface RedisNodes {
  /** One reply a command, an `Error` in the place of one that failed. Never rejects, and is over when the signal fires. */
  send(commands: readonly RedisCommand[], options: SendOptions): Promise<RedisReply[]>;
  /** A connection of one's own to the server that has the key, for commands that block. The caller closes it. */
  linkFor(key: string, signal: AbortSignal): Promise<RedisLink>;
  close(): void;
}
