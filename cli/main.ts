#!/usr/bin/env node
import { supportsColor } from '../src/terminal/style.ts';
import type { Io } from './io.ts';
import { run } from './run.ts';

const stop = new AbortController();
/** The second Ctrl-C ends us at once, as the default is. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

/** Whoever reads has gone (`| head`): nothing to say, and nobody to say it to. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  input: process.stdin,
  // Into a pager the terminal of stderr says how wide it is.
  width: process.stdout.columns ?? process.stderr.columns,
  color: supportsColor(process.stdout, process.env),
  showsProgress: process.stderr.isTTY === true,
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  signal: stop.signal,
};

// A store's connections do not keep a process alive, which is right for a service; here they are what we wait for.
const alive = setInterval(() => {}, 1 << 30);
try {
  process.exitCode = await run(process.argv.slice(2), io);
} finally {
  clearInterval(alive);
}
