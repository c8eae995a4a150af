import { sayOnce } from '../core/diagnostics.ts';
import { optionError, refuseUnknownOptions, showValue } from '../core/errors.ts';
import { type Config, resolveConfig, type StartOptions } from '../core/settings/config.ts';
import { type Captured, RunningCapture } from './captured.ts';
import { KeptSpans } from './kept-spans.ts';

const OPTION_NAMES = [
  'service',
  'version',
  'environment',
  'resource',
  'propagators',
  'propagateTo',
  'baggageAttributes',
  'redact',
  'sample',
  'keep',
  'metrics',
  'limits',
  'location',
] as const;

/** Those of `start()` that mean something where spans stay in memory. `service` is `'test'` by default. */
export interface CaptureOptions extends Pick<StartOptions, (typeof OPTION_NAMES)[number]> {}

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
  if (typeof fn !== 'function') throw optionError(`capture(): expected a function to run, got ${showValue(fn)}`);
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

function newCapture(options: CaptureOptions): RunningCapture {
  if (typeof options !== 'object' || options === null) {
    throw optionError(`capture(): expected an object of options or a function, got ${showValue(options)}`);
  }
  refuseUnknownOptions('capture', options, OPTION_NAMES);
  return new RunningCapture(new KeptSpans(configOf(options)));
}

/** Without the environment: a test finds the same spans wherever it runs. */
function configOf(options: CaptureOptions): Config {
  try {
    return resolveConfig({ service: 'test', ...options }, {}, sayOnce);
  } catch (error) {
    throw optionError((error as Error).message.replace(/^start\(\)/, 'capture()'));
  }
}
