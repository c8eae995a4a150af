import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Span, span, start } from 'throughline';
import { memory } from 'throughline/exporters';
import { endsClean } from './checks/no-leaks.ts';

const throughline = start({ service: 'no-leaks', exporters: memory() });

describe('a test that ends clean', () => {
  it('has closed what it opened and asserted what was said', async () => {
    const run = endsClean(({ watch, takeDiagnostics }) => {
      watch(throughline);
      span('closed', () => undefined);
      process.stderr.write('throughline: said and asserted\n');
      assert.deepEqual(takeDiagnostics(), ['said and asserted']);
    });
    await run();
  });

  it('is told of a span left open', async () => {
    let leaked: Span | undefined;
    const run = endsClean(({ watch }) => {
      watch(throughline);
      leaked = span('closed', (parent) => parent.child('left open'));
    });
    await assert.rejects(run, /spans left open/);
    leaked?.end();
  });

  it('is told of a scope left open', async () => {
    let leaked: Span | undefined;
    const run = endsClean(() => {
      leaked = span('left open');
    });
    await assert.rejects(run, /scope that the test opened/);
    leaked?.[Symbol.dispose]();
  });

  it('is told of a diagnostic that nobody asserted', async () => {
    const run = endsClean(() => {
      process.stderr.write('throughline: unheard\n');
    });
    await assert.rejects(run, /no test asserts/);
  });

  it('fails with its own error first', async () => {
    const run = endsClean(() => {
      process.stderr.write('throughline: unheard\n');
      throw new Error('the test’s own');
    });
    await assert.rejects(run, /the test’s own/);
  });
});
