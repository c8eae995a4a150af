import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { propagation, trace } from '@opentelemetry/api';
import { Baggage } from 'throughline/propagation';
import { activeScope, isOwnWork, ROOT_SCOPE, runInScope, runOutsideScopes, Scope } from '../../src/core/scope/scope.ts';
import { testTracer } from '../core/tracer-fixture.ts';

const KEY = Symbol('app key');
const OTHER = Symbol('other key');

describe('a scope as an OpenTelemetry context', () => {
  const { tracer } = testTracer();
  const span = tracer.startSpan('active', { parent: null });

  it('shows its span and baggage to the real API', () => {
    const baggage = Baggage.parse('tenant=acme');
    const scope = new Scope(span, baggage);
    assert.equal(trace.getSpan(scope), span);
    assert.deepEqual(trace.getSpanContext(scope), span.spanContext());
    assert.equal(propagation.getBaggage(scope)?.getEntry('tenant')?.value, 'acme');
  });

  it('shows no baggage to the real API where what came has no valid member', () => {
    assert.equal(propagation.getBaggage(new Scope(span, Baggage.received('junk'))), undefined);
    assert.equal(propagation.getBaggage(new Scope(span, Baggage.received('a=1')))?.getEntry('a')?.value, '1');
  });

  it('takes span and baggage from the real API', () => {
    const withSpan = trace.setSpan(ROOT_SCOPE, span) as Scope;
    assert.equal(withSpan.constructor, ROOT_SCOPE.constructor);
    assert.equal(withSpan.span, span);
    const withBoth = propagation.setBaggage(withSpan, Baggage.empty.set('a', '1'));
    assert.equal((withBoth as Scope).baggage?.get('a'), '1');
    assert.equal(trace.getSpan(withBoth), span);
    assert.equal(propagation.getBaggage(propagation.deleteBaggage(withBoth)), undefined);
    assert.equal(trace.getSpan(trace.deleteSpan(withBoth)), undefined);
  });

  it('takes a span context of the real API as its span, and starts children under it', () => {
    const theirs = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
    const scope = trace.setSpanContext(ROOT_SCOPE, theirs) as Scope;
    const child = runInScope(scope, () => tracer.startSpan('child'));
    assert.equal(child.traceId, theirs.traceId);
    child.end();
  });

  it('holds any other value under its key', () => {
    const scope = ROOT_SCOPE.setValue(KEY, 1).setValue(OTHER, 2).setValue(KEY, 3);
    assert.deepEqual([scope.getValue(KEY), scope.getValue(OTHER), scope.getValue(Symbol('none'))], [3, 2, undefined]);
    const less = scope.deleteValue(KEY);
    assert.deepEqual([less.getValue(KEY), less.getValue(OTHER)], [undefined, 2]);
    assert.equal(less.deleteValue(OTHER).getValue(OTHER), undefined);
  });

  it('keeps its values when span or baggage change, and these when values do', () => {
    const scope = new Scope(span).setValue(KEY, 'kept').withBaggage(Baggage.empty.set('a', '1'));
    assert.equal(trace.setSpan(scope, span).getValue(KEY), 'kept');
    const changed = scope.setValue(OTHER, 1).deleteValue(KEY);
    assert.deepEqual([changed.span, changed.baggage?.get('a')], [span, '1']);
  });

  it('stays as it is when another is made from it', () => {
    const scope = new Scope(span, Baggage.empty.set('a', '1')).setValue(KEY, 1);
    scope.setValue(KEY, 2);
    scope.deleteValue(KEY);
    scope.withBaggage(undefined);
    trace.deleteSpan(scope);
    assert.deepEqual([scope.span, scope.baggage?.get('a'), scope.getValue(KEY)], [span, '1', 1]);
    assert.equal(ROOT_SCOPE.getValue(KEY), undefined);
  });
});

describe('the active scope', () => {
  it('is the root scope where nothing was traced', () => {
    assert.equal(activeScope(), ROOT_SCOPE);
  });

  it('reaches what is started in it, sync or async, and ends with it', async () => {
    const scope = new Scope();
    const seen = await runInScope(scope, async () => {
      const before = activeScope();
      await new Promise(setImmediate);
      return [before, activeScope(), await Promise.resolve().then(activeScope)];
    });
    assert.deepEqual(
      seen.map((one) => one === scope),
      [true, true, true],
    );
    assert.equal(activeScope(), ROOT_SCOPE);
  });

  it('is left when the function throws, and its arguments and result pass through', () => {
    assert.throws(() => runInScope(new Scope(), fail), /on purpose/);
    assert.equal(activeScope(), ROOT_SCOPE);
    assert.equal(
      runInScope(new Scope(), (a: number, b: number) => a + b, 1, 2),
      3,
    );
  });

  it('is an empty one inside runOutsideScopes, known as our own work', async () => {
    const { tracer } = testTracer();
    const span = tracer.startSpan('caller', { parent: null });
    await runInScope(new Scope(span), async () => {
      await runOutsideScopes(async () => {
        await undefined;
        assert.equal(activeScope().span, undefined);
        assert.equal(activeScope().baggage, undefined);
        assert.ok(isOwnWork(activeScope()));
      });
      assert.equal(activeScope().span, span);
      assert.ok(!isOwnWork(activeScope()));
    });
    assert.ok(!isOwnWork(ROOT_SCOPE));
    span.end();
  });

  it('is the nearest open one around a closed scope', () => {
    const { tracer } = testTracer();
    const span = tracer.startSpan('used', { parent: null });
    const outer = new Scope();
    const middle = outer.withSpan(span, outer);
    const inner = middle.withSpan(span, middle);
    runInScope(inner, () => {
      assert.equal(activeScope(), inner);
      middle.close(); // out of order: the inner one is still open
      assert.equal(activeScope(), inner);
      inner.close();
      assert.equal(activeScope(), outer);
      outer.close();
      assert.equal(activeScope(), ROOT_SCOPE);
    });
  });

  it('falls back to the scopes around it also for values derived from it', () => {
    const outer = new Scope();
    const inner = outer.withSpan(testTracer().tracer.startSpan('used', { parent: null }), outer);
    for (const derived of [inner.setValue(KEY, 1), inner.withBaggage(Baggage.empty), inner.deleteValue(KEY)]) {
      assert.equal(derived.nearestOpen(), derived);
      derived.close();
      assert.equal(derived.nearestOpen(), outer);
    }
  });
});

function fail(): never {
  throw new Error('on purpose');
}
