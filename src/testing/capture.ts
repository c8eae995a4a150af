import { sayOnce } from '../core/diagnostics.ts';
import { wrongArgument } from '../core/options/errors.ts';
import { isOptions } from '../core/options/options.ts';
import { resolveConfig, type StartOptions } from '../core/settings/config.ts';
import { type Captured, RunningCapture } from './captured.ts';
import { KeptSpans } from './kept-spans.ts';

/** Options of `start()` that mean nothing here. */
type Unused = 'exporters' | 'spool' | 'instrument';

const CAPTURE = {
  caller: 'capture',
  service: 'test',
  readText: () => undefined,
  unused: {
    exporters: 'spans stay in memory here',
    spool: 'spans stay in memory here',
    instrument: 'a test hands over the clients that it traces',
  } satisfies Record<Unused, string>,
};

/** Those of `start()` that mean something where spans stay in memory. `service` is `'test'` by default. */
export interface CaptureOptions extends Omit<StartOptions, Unused> {}

type CapturedFunction = (captured: Captured) => unknown;

/**
 * Catches the spans of one test: whatever runs inside the capture, and whatever that starts (timers,
 * promises, servers it makes listen), is traced by a tracer of the capture's own, which keeps finished
 * spans in memory at once. The process's own tracer is not touched, `OTEL_*` variables are not read, and
 * captures that run at the same time never mix.
 *
 * Without a function it begins here, for the rest of this test and all it calls, until `stop()` or the
 * end of a `using` block. Call it in the test itself: runners give hooks a flow of their own.
 *
 * With a function it is that function's run. The promise resolves with the spans when the function is
 * done and its spans have ended; it rejects with what the function throws, and, as `settled()` does,
 * when spans stay open.
 *
 * A server belongs to the capture in which it began to listen, until `stop()`. One that listened before
 * answers outside, with the process's own tracer.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option
 *
 * @example
 * const captured = await capture(async () => { await checkout(cart); });
 * assertTree(captured, `
 *   checkout
 *     load prices
 * `);
 */
export function capture(options?: CaptureOptions): Captured;
export function capture(fn: CapturedFunction): Promise<Captured>;
export function capture(options: CaptureOptions, fn: CapturedFunction): Promise<Captured>;
export function capture(
  optionsOrFn: CaptureOptions | CapturedFunction = {},
  fn?: CapturedFunction,
): Captured | Promise<Captured> {
  if (typeof optionsOrFn === 'function') return captureRun({}, optionsOrFn);
  if (fn === undefined) return captureFromHere(optionsOrFn);
  if (typeof fn !== 'function') throw wrongArgument('capture', 'a function to run', fn);
  return captureRun(optionsOrFn, fn);
}

function captureFromHere(options: CaptureOptions): Captured {
  const captured = newCapture(options);
  captured.enter();
  return captured;
}

async function captureRun(options: CaptureOptions, fn: CapturedFunction): Promise<Captured> {
  const captured = newCapture(options);
  // Awaited inside: a lazy thenable (supertest's request, a query builder) begins its work only then.
  await captured.run(async () => {
    await fn(captured);
  });
  await captured.settled();
  return captured;
}

/** Without the environment: a test finds the same spans wherever it runs. */
function newCapture(options: CaptureOptions): RunningCapture {
  if (!isOptions(options)) throw wrongArgument('capture', 'an object of options or a function', options);
  return new RunningCapture(new KeptSpans(resolveConfig(options, {}, sayOnce, CAPTURE)));
}
