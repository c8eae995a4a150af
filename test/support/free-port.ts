import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems hand out by themselves (Linux from 32768, others from 49152), above the well-known. */
const [LOWEST, HIGHEST] = [12_000, 30_000];

/**
 * A port of 127.0.0.1 where nobody listens. Neither a server on port 0 nor an outgoing connection of another test
 * gets it in the meantime, as would happen to one that the system had given: it may be used later, and again.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  return assert.fail('no free port');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
