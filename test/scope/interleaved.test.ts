import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { current, type Span, span } from 'throughline';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { parents, throughline } from '../core/app-spans.ts';
import { outputOfNode } from '../support/child-process.ts';
import { atLength } from '../support/full-length.ts';
import { anyWork, Expectation, perform } from './random-work.ts';

const OPERATIONS: number = atLength({ full: 10_000, suite: 2000 });

describe('interleaved async operations', () => {
  it(
    `have the parent their code was written under, ${OPERATIONS} of them, in all forms but the scope`,
    endsClean(async ({ watch }) => {
      watch(throughline);
      let operations = 0;
      while (operations < OPERATIONS) {
        await fc.assert(
          fc.asyncProperty(fc.array(anyWork, { minLength: 100, maxLength: 200 }), async (works) => {
            const expectation = new Expectation();
            await span('start', (start) =>
              Promise.all(works.map((work) => perform(work, start, 'start', expectation))),
            );
            assert.deepEqual(throughline.openSpans(), []);
            assert.deepEqual(await parents(), { start: undefined, ...Object.fromEntries(expectation.parents) });
            operations += expectation.parents.size;
          }),
          { numRuns: 2 }, // some 1900 operations: the loop goes on until there are enough
        );
      }
    }),
  );

  it('leave nothing on the heap', async () => {
    const script = new URL('./heap-after-work.js', import.meta.url).pathname;
    const { operations, grownBytes, open } = JSON.parse(
      await outputOfNode(['--expose-gc', script, String(OPERATIONS)]),
    );
    assert.ok(operations >= OPERATIONS, `${operations} operations`);
    assert.equal(open, 0);
    assert.ok(grownBytes < 200_000, `${grownBytes} bytes more after ${operations} operations`);
  });
});

/** Sequential code with scopes: each opens one, does the inner ones one after another, and may throw. */
interface Steps {
  readonly pauses: boolean;
  readonly throws: boolean;
  readonly callback: boolean;
  readonly inner: readonly Steps[];
}

const { steps: anySteps } = fc.letrec<{ steps: Steps }>((tie) => ({
  steps: fc.record({
    pauses: fc.boolean(),
    throws: fc.boolean(),
    callback: fc.boolean(),
    inner: fc.oneof({ maxDepth: 5 }, fc.constant([]), fc.array(tie('steps'), { minLength: 1, maxLength: 4 })),
  }),
}));

describe('scopes of sequential code', () => {
  it(
    'are exact, sync',
    endsClean(async ({ watch }) => {
      watch(throughline);
      await fc.assert(
        fc.asyncProperty(fc.array(anySteps, { minLength: 20 }), async (list) => {
          const expectation = new Expectation();
          for (const steps of list) attemptSync(() => doSync(steps, 'none', expectation));
          await assertExact(expectation);
        }),
        { numRuns: 50 },
      );
    }),
  );

  it(
    'are exact, async, in flows of their own side by side',
    endsClean(async ({ watch }) => {
      watch(throughline);
      await fc.assert(
        fc.asyncProperty(fc.array(anySteps, { minLength: 20 }), async (list) => {
          const expectation = new Expectation();
          // Each flow begins with an await: from there on its scopes are its own.
          await Promise.all(list.map((steps) => inFlow(() => doAsync(steps, 'none', expectation))));
          await assertExact(expectation);
        }),
        { numRuns: 50 },
      );
    }),
  );
});

async function assertExact(expectation: Expectation): Promise<void> {
  assert.equal(current(), undefined);
  assert.deepEqual(throughline.openSpans(), []);
  const found = await parents();
  for (const [name, parent] of expectation.parents) {
    assert.equal(found[name], parent === 'none' ? undefined : parent, `the parent of ${name}`);
  }
  assert.equal(Object.keys(found).length, expectation.parents.size);
}

const THROWN = new Error('thrown on purpose');

function doSync(steps: Steps, parent: string, expectation: Expectation): void {
  const name = expectation.name(parent);
  const before = current();
  const body = (own: Span): void => {
    for (const inner of steps.inner) attemptSync(() => doSync(inner, name, expectation));
    assert.equal(current(), own);
    if (steps.throws) throw THROWN;
  };
  try {
    if (steps.callback) {
      span(name, body);
    } else {
      using own = span(name);
      body(own);
    }
  } finally {
    assert.equal(current(), before);
  }
}

function attemptSync(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error !== THROWN) throw error;
  }
}

async function doAsync(steps: Steps, parent: string, expectation: Expectation): Promise<void> {
  const name = expectation.name(parent);
  const before = current();
  const body = async (own: Span): Promise<void> => {
    if (steps.pauses) await undefined;
    for (const inner of steps.inner) await attempt(() => doAsync(inner, name, expectation));
    if (steps.pauses) await undefined;
    assert.equal(current(), own);
    if (steps.throws) throw THROWN;
  };
  try {
    if (steps.callback) return await span(name, body);
    using own = span(name);
    await body(own);
  } finally {
    assert.equal(current(), before);
  }
}

async function inFlow(run: () => Promise<void>): Promise<void> {
  await undefined;
  await attempt(run);
}

async function attempt(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error !== THROWN) throw error;
  }
}
