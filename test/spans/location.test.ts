import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Span, span, start, traced } from 'throughline';
import { memory, type SpanRecord } from 'throughline/exporters';
import { outputOfNode } from '../support/child-process.ts';

const exporter = memory();
const throughline = start({ service: 'test', location: true, exporters: exporter });

/** Compiled, as Node runs it: locations are those of the code that runs. */
const HERE = fileURLToPath(import.meta.url);

async function finished(): Promise<readonly SpanRecord[]> {
  await throughline.flush();
  const { spans } = exporter;
  exporter.reset();
  return spans;
}

/** The line this is called from, as V8 tells it without a source map. */
function here(): number {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, frames) => frames;
  const holder: { stack?: NodeJS.CallSite[] } = {};
  Error.captureStackTrace(holder, here);
  const line = holder.stack?.[0]?.getLineNumber();
  Error.prepareStackTrace = prepareStackTrace;
  return line ?? 0;
}

/** So that two calls stand on one line. */
function lineAfter(_result: unknown, line: number): number {
  return line;
}

function noop(): void {}

function endChild(parent: Span): void {
  parent.child('child').end();
}

class Repository {
  @traced('traced')
  find(): void {}

  load(): number {
    return lineAfter(span('in a method', noop), here());
  }
}

describe('location', () => {
  it('is file, line and function of the caller, in every form', async () => {
    const wrapped = span.wrap('wrapped', () => {});
    const generator = span.wrap('generator', function* () {
      yield 1;
    });
    const repository = new Repository();
    let lines: number[] = [];
    function caller(): void {
      lines = [
        lineAfter(span('callback', noop), here()),
        lineAfter(span('with options', {}, noop), here()),
        lineAfter(span('scope').end(), here()),
        lineAfter(span('parent', { parent: null }, endChild), here()),
        lineAfter(wrapped(), here()),
        lineAfter(repository.find(), here()),
        lineAfter([...generator()], here()),
      ];
    }
    caller();
    const spans = await finished();
    const [callback, options, scope, child, parent, ...others] = spans;
    const found = [callback, options, scope, parent, ...others].map((record) => record?.attributes ?? {});
    assert.deepEqual(
      found.map((attributes) => attributes['code.line.number']),
      lines,
    );
    for (const attributes of found) {
      assert.equal(attributes['code.file.path'], HERE);
      assert.equal(attributes['code.function.name'], 'caller');
    }
    assert.equal(child?.name, 'child');
    assert.equal(child?.attributes['code.file.path'], HERE);
    assert.equal(child?.attributes['code.function.name'], 'endChild');
  });

  it('names the class of a method', async () => {
    const line = new Repository().load();
    const [record] = await finished();
    assert.equal(record?.attributes['code.function.name'], 'Repository.load');
    assert.equal(record?.attributes['code.line.number'], line);
  });

  it('names the async function that goes on after an await', async () => {
    async function later(): Promise<void> {
      await undefined;
      span('later', () => {});
    }
    await later();
    assert.equal((await finished())[0]?.attributes['code.function.name'], 'later');
  });

  it('never names a file of ours, whoever calls: a timer, a native function, nobody', async () => {
    const wrapped = span.wrap('wrapped', () => {});
    [1].forEach(wrapped);
    await Promise.resolve().then(wrapped);
    await new Promise((resolve) => setTimeout(span.wrap('timer', resolve), 0));
    span('bound', (s) => [s].map((each) => each.child('mapped')).forEach((each) => void each.end()));
    for (const { attributes } of await finished()) {
      assert.doesNotMatch(String(attributes['code.file.path']), /dist\/src|src\/core/);
    }
  });

  it('leaves Error as it was, and an app’s own prepareStackTrace as well', async () => {
    const { stackTraceLimit, prepareStackTrace } = Error;
    const own = (): string => 'prepared by the app';
    Error.stackTraceLimit = 3;
    Error.prepareStackTrace = own;
    try {
      span('any', () => {});
      assert.deepEqual([Error.stackTraceLimit, Error.prepareStackTrace], [3, own]);
      assert.equal(new Error('mine').stack, 'prepared by the app');
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      Error.prepareStackTrace = prepareStackTrace as typeof own;
    }
    assert.equal((await finished())[0]?.attributes['code.file.path'], HERE);
  });

  it('gives way to what the app says itself', async () => {
    span('own', { attributes: { 'code.function.name': 'mine' } }, () => {});
    assert.equal((await finished())[0]?.attributes['code.function.name'], 'mine');
  });

  it('goes without where Error is frozen, and tracing goes on', async () => {
    const script = `
      Object.freeze(Error);
      const { span, start } = await import('throughline');
      const { memory } = await import('throughline/exporters');
      const exporter = memory();
      const running = start({ exporters: exporter, location: true });
      span('any', () => {});
      await running.flush();
      console.log(JSON.stringify(exporter.spans.map(({ name, attributes }) => [name, attributes])));
    `;
    assert.equal(await outputOfNode(['--input-type=module', '--eval', script]), '[["any",{}]]\n');
  });
});

describe('location, asked for', () => {
  const script = (options: string, variables = '{}'): string => `
    Object.assign(process.env, ${variables});
    const { span, start } = await import('throughline');
    const { memory } = await import('throughline/exporters');
    const exporter = memory();
    const running = start({ exporters: exporter, ${options} });
    span('any', () => {});
    await running.flush();
    console.log('code.line.number' in exporter.spans[0].attributes);
  `;
  const cases: [what: string, options: string, variables: string, expected: boolean][] = [
    ['not by default', '', '{}', false],
    ['by option', 'location: true', '{}', true],
    ['by variable', '', '{ THROUGHLINE_LOCATION: "true" }', true],
    ['by option before variable', 'location: false', '{ THROUGHLINE_LOCATION: "true" }', false],
  ];
  for (const [what, options, variables, expected] of cases) {
    it(`is there ${what}: ${expected}`, async () => {
      const output = await outputOfNode(['--input-type=module', '--eval', script(options, variables)]);
      assert.equal(output, `${expected}\n`);
    });
  }

  it('takes true or false only', () => {
    assert.throws(() => start({ location: 'yes' as never }), {
      code: 'ERR_THROUGHLINE_OPTION',
      message: 'start(): "location" must be true or false, got "yes"',
    });
  });
});
