import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { freePort } from './free-port.ts';

/** A real redis-server, a process of its own with a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly process: ChildProcess;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** Ends it as `kill -9` does, and waits until it has ended. */
  kill(): Promise<void>;
}

/** True where Debian's redis-server is here. */
export const hasRedis: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** For `describe(…, { skip: skipWithoutRedis })`. */
export const skipWithoutRedis: string | false = hasRedis
  ? false
  : 'redis-server is not installed: NOTHING of Redis is tested here (apt-get install redis-server)';

/** A skipped suite looks like a green one: says so aloud, and fails where everything must run. */
export function demandRedisInCi(): void {
  if (hasRedis) return;
  it('finds redis-server, since CI is set', {
    skip: process.env.CI === 'true' ? false : skipWithoutRedis || '',
  }, () => {
    assert.fail(String(skipWithoutRedis));
  });
  console.error(`\n*** ${skipWithoutRedis} ***\n`);
}

/**
 * Starts a server on a free port of 127.0.0.1, with nothing saved, and waits until it takes connections.
 * `settings` are those of redis.conf, as `['--maxmemory', '10mb']`; a cluster also needs the port 10,000 above.
 */
export async function startRedis(settings: readonly string[] = [], port?: number): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-redis-'));
  const own = port ?? (await freePort());
  const base = ['--port', String(own), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  return launch(own, folder, [...base, ...settings], /Ready to accept connections/);
}

/** Starts a process of Redis in `folder`, which goes with it. */
export async function launch(
  port: number,
  folder: string,
  args: readonly string[],
  ready: RegExp,
): Promise<RedisServer> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const killOnExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killOnExit);
  const ended = once(child, 'close');
  await untilLine(child, ready);
  const kill = async (): Promise<void> => {
    child.kill('SIGCONT'); // one that a test has stopped would not die
    child.kill('SIGKILL');
    await ended;
    process.removeListener('exit', killOnExit);
  };
  return {
    port,
    process: child,
    kill,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilLine(child: ChildProcess, pattern: RegExp): Promise<void> {
  const { stdout } = child;
  assert.ok(stdout !== null);
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (said.length < 50) said.push(line);
      if (pattern.test(line)) resolve();
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`redis-server ended with ${code}\n${said.join('\n')}`)));
  });
}
