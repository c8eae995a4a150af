import assert from 'node:assert/strict';
import { current } from 'throughline';
import { assertCounterLaw, type SpanCounts } from './counter-law.ts';

/** The part of a running tracer that a test needs to be held to: the handle that `start()` returns. */
interface Watched {
  stats(): SpanCounts & { readonly exporters?: readonly SpanCounts[] };
  openSpans(): readonly { readonly spanId: string }[];
}

/** The tools that a test is handed by {@link endsClean}. */
export interface CleanTest {
  /** Has this tracer checked when the test is over; hands it back. */
  watch<T extends Watched>(tracer: T): T;
  /** The lines that the library has written to stderr since the last call. A test that causes some asserts them. */
  takeDiagnostics(): string[];
}

/**
 * The check that every test of the tracer ends with: no scope and no span left open, books that
 * balance, and no diagnostic that nobody asserted. It asks only after a test that passed, so that the
 * first failure is the one that is shown.
 *
 * @example
 * it('ends the span when the handler throws', endsClean(async ({ watch }) => {
 *   const throughline = watch(start({ exporters: memory() }));
 * }));
 */
export function endsClean(test: (clean: CleanTest) => Promise<void> | void): () => Promise<void> {
  return async function cleanTest() {
    const watched: Watched[] = [];
    const diagnostics = captureDiagnostics();
    try {
      await test({
        watch(tracer) {
          watched.push(tracer);
          return tracer;
        },
        takeDiagnostics: diagnostics.take,
      });
      assert.equal(current(), undefined, 'a scope that the test opened is still open');
      for (const tracer of watched) assertClosed(tracer);
      assert.deepEqual(diagnostics.take(), [], 'the library said something that no test asserts');
    } finally {
      diagnostics.stop();
    }
  };
}

function assertClosed(tracer: Watched): void {
  const open = tracer.openSpans();
  assert.equal(open.length, 0, `spans left open: ${JSON.stringify(open)}`);
  assertCounterLaw(tracer.stats());
}

const DIAGNOSTIC = /^throughline: /;

/** Keeps the library's own lines from stderr; what others write passes. */
function captureDiagnostics() {
  const write = process.stderr.write;
  let lines: string[] = [];
  process.stderr.write = function capturingWrite(this: unknown, ...args: unknown[]) {
    const [text] = args;
    if (typeof text !== 'string' || !DIAGNOSTIC.test(text)) return Reflect.apply(write, process.stderr, args);
    lines.push(text.replace(DIAGNOSTIC, '').trimEnd());
    return true;
  };
  return {
    take(): string[] {
      const taken = lines;
      lines = [];
      return taken;
    },
    stop(): void {
      process.stderr.write = write;
    },
  };
}
