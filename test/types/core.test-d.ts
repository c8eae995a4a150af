// Compiled with the rest, never run: the assignments are the claims.
import type * as otel from '@opentelemetry/api';
import { type Attributes, type Link, type Span, type SpanOptions, start } from 'throughline';
import type { SpanContext, SpanId, TraceId } from 'throughline/propagation';
import { ROOT_SCOPE, type Scope } from '../../src/core/scope/scope.ts';

declare const span: Span;
declare const theirs: otel.SpanContext;
declare const theirSpan: otel.Span;
declare const theirAttributes: Record<string, string | number | boolean | string[] | undefined>;

// Ours are OpenTelemetry's.
export const asSpan: otel.Span = span;
export const asContext: otel.Context = ROOT_SCOPE;
export const asSpanContext: otel.SpanContext = span.spanContext();
export const asAttributes: otel.Attributes = { a: 1, b: ['x', null], c: undefined } satisfies Attributes;
export const asTime: otel.TimeInput | undefined = undefined as Parameters<Span['end']>[0];
export const derived: Scope = ROOT_SCOPE.setValue(Symbol('key'), 1).deleteValue(Symbol('key'));

// Theirs are taken where an app brings them.
export const underTheirs: SpanOptions = { parent: { traceId: theirs.traceId, spanId: theirs.spanId, traceFlags: 1 } };
export const linked: Link = {
  context: { traceId: theirs.traceId, spanId: theirs.spanId, traceFlags: theirs.traceFlags },
  attributes: theirAttributes,
};
export const status: Span = span.setStatus({ code: 2 satisfies otel.SpanStatusCode, message: 'no' });
export const withTime: Span = span.addEvent('a', 5).addEvent('b', { n: 1 }, new Date()).addEvent('c', [1, 2]);
span.end([1, 2]);
export const ran: number = span.run(() => 1);
export const asPromised: Promise<string> = span.run(async () => 'text');
export const chained: Span = span.tag('a', true).log('b').fail(new Error('c')).updateName('d').addLinks([linked]);
export const decided: Span = span.keep('why').drop();
export const child: Span = span.child('name', { kind: 'client', attributes: { a: 1 } });

// @ts-expect-error a span id is no trace id
export const swapped: SpanContext = { traceId: span.spanId, spanId: span.spanId, traceFlags: 1 };
// @ts-expect-error nor the other way round
export const swappedBack: SpanId = span.traceId;
export const ofText: TraceId = '4bf92f3577b34da6a3ce929d0e0e4736';
// @ts-expect-error a child has its parent
span.child('name', { parent: null });
// @ts-expect-error no such kind
export const kind: SpanOptions = { kind: 'remote' };
// @ts-expect-error an object is no attribute value
span.tag('key', { nested: true });
// @ts-expect-error nor is a list of several types
span.tag('key', [1, 'a']);
// @ts-expect-error ids cannot be changed
span.traceId = '';
// @ts-expect-error no such status
span.setStatus({ code: 'failed' });
// @ts-expect-error an exporter exports
start({ exporters: { name: 'mine' } });
