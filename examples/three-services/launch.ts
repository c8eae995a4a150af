// Starts a service as a process of its own, and stops it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Ready } from './service.ts';

/** A service that can be called. */
export interface Service {
  readonly url: string;
  /** Resolves when the process has ended: by itself after its last request, or killed after two seconds. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 2000;

/** Runs `name.js` of this folder. Rejects, saying why, when it ends or stays silent instead of getting ready. */
export async function startService(name: string, environment: NodeJS.ProcessEnv): Promise<Service> {
  const child = fork(join(import.meta.dirname, `${name}.js`), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  printLines(name, child);
  try {
    const { url } = await readiness(child);
    child.once('exit', (code, signal) => {
      if (child.connected) console.error(`[${name}] ended with ${signal ?? `exit code ${code}`}`);
    });
    return { url, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw new Error(`${name} did not start: ${(error as Error).message}`);
  }
}

/** Passes on what a service prints, each line with its name. */
function printLines(name: string, child: ChildProcess): void {
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on('line', (line) => console.error(`[${name}] ${line}`));
  }
}

function readiness(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`not ready after ${START_TIMEOUT_MS} ms`)), START_TIMEOUT_MS);
    function fail(error: Error): void {
      clearTimeout(timer);
      reject(error);
    }
    child.once('message', (ready) => {
      clearTimeout(timer);
      resolve(ready as Ready);
    });
    child.once('error', fail);
    child.once('close', (code, signal) => fail(new Error(`it ended with ${signal ?? `exit code ${code}`}`)));
  });
}

/** Closing the channel tells the service to finish; its last spans leave on the way out. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
