import type { SpanRecord } from '../core/record.ts';
import { activeScope } from '../core/scope/scope.ts';
import type { Span } from '../core/span.ts';
import { isRecordingSpan, type RecordingSpan } from '../core/spans/recording-span.ts';
import { installedTracer, tracerIn } from '../core/spans/runtime.ts';
import { formatDuration } from '../terminal/text.ts';
import { failure } from './failure.ts';
import { keptSpansOf } from './kept-spans.ts';
import { block } from './tree/forest.ts';
import { nameText } from './tree/notation.ts';

/** Whatever counts its open spans: a capture, or what `start()` returned. */
export interface OpenSpanSource {
  openSpans(): readonly Span[];
  /** Finished spans, to name parents that have ended already. */
  readonly spans?: readonly NamedSpan[] | undefined;
}

type NamedSpan = Pick<SpanRecord, 'spanId' | 'parentSpanId' | 'name'>;

/**
 * Fails when a span is still open: one that nobody ends never arrives. Without an argument it asks the
 * capture it is called in, and outside of one the process's own tracer.
 *
 * @throws AssertionError (`ERR_ASSERTION`) that lists each open span with its age and the spans it is in
 *
 * @example
 * await captured.settled();   // what was still on its way
 * noOpenSpans(captured);
 */
export function noOpenSpans(source: OpenSpanSource | undefined = sourceHere()): void {
  const open = source?.openSpans() ?? [];
  if (open.length > 0) throw failure(noOpenSpans, describeOpenSpans(open, source?.spans));
}

function sourceHere(): OpenSpanSource | undefined {
  return keptSpansOf(tracerIn(activeScope())) ?? installedTracer()?.ledger;
}

/**
 *     2 spans are open
 *       load, for 12.3 ms, in GET /orders/:id
 *       GET /orders/:id, for 15.1 ms
 */
export function describeOpenSpans(open: readonly Span[], finished: readonly NamedSpan[] = []): string {
  const known = new Map(finished.map((span) => [span.spanId, span]));
  for (const span of open) {
    const record = recordOf(span);
    if (record !== undefined) known.set(span.spanId, record);
  }
  const lines = open.map((span) => describeOpenSpan(span, known));
  return `${open.length === 1 ? '1 span is' : `${open.length} spans are`} open\n${block(lines, '  ')}`;
}

function describeOpenSpan(span: Span, known: ReadonlyMap<string, NamedSpan>): string {
  const record = recordOf(span);
  if (record === undefined) return `span ${span.spanId}, not recorded`;
  const above = namesAbove(record, known);
  const place = above.length === 0 ? '' : `, in ${above.join(' › ')}`;
  return `${nameText(record.name)}, for ${formatDuration((span as RecordingSpan).ageMs() ?? 0)}${place}`;
}

function recordOf(span: Span): RecordingSpan['record'] {
  return isRecordingSpan(span) ? span.record : undefined;
}

const MOST_PARENTS = 20;

/** The spans around one, outermost first. */
function namesAbove(span: NamedSpan, known: ReadonlyMap<string, NamedSpan>): string[] {
  const names: string[] = [];
  let parent = known.get(span.parentSpanId ?? '');
  while (parent !== undefined && names.length < MOST_PARENTS) {
    names.unshift(nameText(parent.name));
    parent = known.get(parent.parentSpanId ?? '');
  }
  return names;
}

/** A remark for the message of a failed check: what it does not see, since it has not ended. None where nothing is open. */
export function openSpansNote(source: object): string[] {
  const open = (source as Partial<OpenSpanSource>).openSpans?.() ?? [];
  if (open.length === 0) return [];
  const { spans } = source as OpenSpanSource;
  return [`not seen, since it has not ended (await settled()): ${describeOpenSpans(open, spans)}`];
}
