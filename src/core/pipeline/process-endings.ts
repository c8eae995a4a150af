import { setImmediate } from '../timers.ts';

/** The tracer, as the end of the process sees it. */
export interface EndingTracer {
  /** Spans that have ended so far: tells whether there is anything new. */
  readonly ended: number;
  /** Spans wait that could not be sent. */
  readonly isWaiting: boolean;
  /** Sends what waits; gives up after the first failure, or in good time. Never rejects. */
  flush(): Promise<void>;
  /** Ends the spans that are open. */
  endOpen(): void;
  /** Writes what waits to disk before it returns, where there is one to write to. */
  persist(): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Saves the last spans, however the process ends, and changes nothing about how it does: exit codes and
 * signals stay what they are, and the app's own handlers are in charge where it has some.
 *
 * | ending | what can be done |
 * |---|---|
 * | nothing left to do | send, bounded; then the disk |
 * | `process.exit`, uncaught throw, unhandled rejection | the disk |
 * | SIGTERM, SIGINT, SIGHUP without a handler of the app's | send, bounded; then the disk; then the signal again |
 * | the same with one | nothing before the app ends the process in one of the other ways |
 * | SIGKILL, abort, out of memory, `worker.terminate()` | nothing |
 *
 * `current` gives the tracer in force. To be called once a process.
 */
export function watchEndings(current: () => EndingTracer | undefined): void {
  watchLastTurn(current);
  process.on('exit', () => {
    current()?.endOpen();
    current()?.persist();
  });
  // The first process of a container dies of no signal that it does not handle: nothing to save then.
  if (process.platform === 'win32' || process.pid === 1) return;
  for (const signal of SIGNALS) watchSignal(signal, current);
}

/**
 * The process has run out of work. It comes again after each round of work that is found for it: first
 * what waits is sent; when nothing has come of that but another end, the open spans will stay open.
 */
function watchLastTurn(current: () => EndingTracer | undefined): void {
  let saved = -1;
  let round = 0;
  process.on('beforeExit', () => {
    const tracer = current();
    if (tracer === undefined) return;
    if (tracer.ended !== saved) round = 0; // the app has worked since
    round++;
    if (round > 2) return;
    const isStuck = round === 2 && tracer.isWaiting; // the other side has had its time
    if (round === 2) tracer.endOpen();
    const isDone = round === 2 && tracer.ended === saved; // nothing was open
    saved = tracer.ended;
    if (!isDone && !isStuck) void tracer.flush();
  });
}

/**
 * A signal that nobody handles ends the process: so it shall with us, which it must be told again for.
 *
 * Others count the listeners to find out whether they are alone (`signal-exit`, which is in many
 * programs). So ours is the first and takes itself away before any other runs: nobody sees it.
 */
function watchSignal(signal: (typeof SIGNALS)[number], current: () => EndingTracer | undefined): void {
  function onSignal(): void {
    process.removeListener(signal, onSignal);
    if (process.listenerCount(signal) > 0) {
      setImmediate(listen); // the app's handler decides; perhaps the process lives on
      return;
    }
    void endBySignal(signal, current());
  }
  function listen(): void {
    if (!process.listeners(signal).includes(onSignal)) process.prependListener(signal, onSignal);
  }
  listen();
}

async function endBySignal(signal: NodeJS.Signals, tracer: EndingTracer | undefined): Promise<void> {
  tracer?.endOpen();
  await tracer?.flush();
  tracer?.persist();
  process.kill(process.pid, signal); // with no listener left it does what it always did
}
