import assert from 'node:assert/strict';
import { setImmediate as immediate } from 'node:timers/promises';
import fc from 'fast-check';
import { current, type Span, span, traced } from 'throughline';

const FORMS = ['callback', 'wrap', 'traced', 'child', 'generator'] as const;

/** The work of one traced operation: a form of span around pauses, further operations and perhaps a throw. */
export interface Work {
  readonly form: (typeof FORMS)[number];
  /** One between any two things it does: how long is left to the event loop. */
  readonly pauses: readonly ('none' | 'tick' | 'immediate')[];
  readonly throws: boolean;
  /** Its operations run side by side, not one after another. */
  readonly sideBySide: boolean;
  readonly inner: readonly Work[];
}

/** Trees of work, up to four operations deep. */
const arbitraries = fc.letrec<{ work: Work }>((tie) => ({
  work: fc.record({
    form: fc.constantFrom(...FORMS),
    pauses: fc.array(fc.constantFrom('none', 'tick', 'tick', 'immediate'), { minLength: 2, maxLength: 4 }),
    throws: fc.boolean(),
    sideBySide: fc.boolean(),
    inner: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('work'), { minLength: 1, maxLength: 4 })),
  }),
}));
export const anyWork: fc.Arbitrary<Work> = arbitraries.work;

/** Names are numbers; each is noted with the name of the span that its code is written under. */
export class Expectation {
  readonly parents: Map<string, string> = new Map();

  name(parent: string): string {
    const name = String(this.parents.size);
    this.parents.set(name, parent);
    return name;
  }
}

/** Does `work` under `parent`, which is active. Never rejects: what an operation throws is swallowed around it. */
export async function perform(work: Work, parent: Span, parentName: string, expectation: Expectation): Promise<void> {
  const name = expectation.name(parentName);
  const error = new Error(name);
  const body = async (): Promise<string> => {
    const own = current();
    assert.ok(own);
    for (const pause of work.pauses) await wait(pause);
    if (work.sideBySide) await Promise.all(work.inner.map((inner) => perform(inner, own, name, expectation)));
    else for (const inner of work.inner) await perform(inner, own, name, expectation);
    assert.equal(current(), own, 'still active after all it awaited');
    if (work.throws) throw error;
    return name;
  };
  try {
    assert.equal(await FORM[work.form](name, parent, body), name);
    assert.ok(!work.throws);
  } catch (thrown) {
    if (thrown !== error) throw thrown;
  }
  assert.equal(current(), parent);
}

type Body = () => Promise<string>;

const FORM: Record<Work['form'], (name: string, parent: Span, body: Body) => Promise<string>> = {
  callback: (name, _parent, body) => span(name, body),
  wrap: (name, _parent, body) => span.wrap(name, body)(),
  traced(name, _parent, body) {
    class Service {
      @traced(name)
      operate(): Promise<string> {
        return body();
      }
    }
    return new Service().operate();
  },
  async child(name, parent, body) {
    using child = parent.child(name);
    return await child.run(body);
  },
  async generator(name, _parent, body) {
    const generate = span.wrap(name, async function* (): AsyncGenerator<string> {
      yield await body();
    });
    let last = '';
    for await (const value of generate()) last = value;
    return last;
  },
};

async function wait(pause: Work['pauses'][number]): Promise<void> {
  if (pause === 'tick') await undefined;
  if (pause === 'immediate') await immediate();
}
