import { buildTrace, buildTraces, type SpanRecord, type TraceTree } from '../analysis/index.ts';
import { walkNodes } from '../analysis/tree.ts';
import type { DrawOptions } from '../terminal/options.ts';
import { drawTree } from './drawing.ts';
import { failure } from './failure.ts';
import { openSpansNote } from './open-spans.ts';
import { type CompiledMatch, compileMatch, type SpanMatch } from './span-match.ts';
import { readField } from './tree/expected.ts';
import { block, outlineLines, topNodes } from './tree/forest.ts';
import { spanText } from './tree/notation.ts';

/** Finished spans, and what a test asks of them. It grows as spans end. */
export interface SpanView {
  /** In the order they ended. */
  readonly spans: readonly SpanRecord[];
  /** One tree a trace, by first start. */
  traces(): TraceTree[];
  /**
   * The tree of one trace; without an id there must be exactly one.
   *
   * @throws AssertionError when there is none, or there are several to choose from
   */
  tree(traceId?: string): TraceTree;
  /**
   * The one span that matches (without `match`: the one span there is).
   *
   * @throws AssertionError when none does, or several do: its message draws what there is
   *
   * @example
   * captured.single({ route: '/orders/:id', status: 200 });
   */
  single(match?: SpanMatch): SpanRecord;
  /** The first that ended of those that match. */
  find(match: SpanMatch): SpanRecord | undefined;
  /** All that match, in the order they ended. */
  all(match?: SpanMatch): SpanRecord[];
  /** Each trace as a tree with times, for `console.log`. A parent in another process is not missed. */
  drawn(options?: DrawOptions): string;
}

/** Over whatever `read` gives at the time. */
export class LiveSpanView implements SpanView {
  readonly #read: () => readonly SpanRecord[];

  constructor(read: () => readonly SpanRecord[]) {
    this.#read = read;
  }

  get spans(): readonly SpanRecord[] {
    return this.#read();
  }

  traces(): TraceTree[] {
    return buildTraces(this.spans);
  }

  tree(traceId?: string): TraceTree {
    if (traceId !== undefined) {
      const spans = this.spans.filter((span) => span.traceId === traceId);
      return spans.length > 0 ? buildTrace(spans) : this.#fail(this.tree, `no span belongs to trace ${traceId}`);
    }
    const [only, ...others] = this.traces();
    if (only === undefined) return this.#fail(this.tree, 'there is no trace');
    if (others.length > 0) return this.#fail(this.tree, `say which of ${others.length + 1} traces`);
    return only;
  }

  single(match: SpanMatch = {}): SpanRecord {
    const compiled = compileMatch('single', match);
    const [only, ...others] = this.spans.filter(compiled.matches);
    if (only !== undefined && others.length === 0) return only;
    const found = only === undefined ? 'no span matches' : `${others.length + 1} spans match`;
    return this.#fail(this.single, `${found} ${compiled.text}, one was expected`, compiled);
  }

  find(match: SpanMatch): SpanRecord | undefined {
    return this.spans.find(compileMatch('find', match).matches);
  }

  all(match: SpanMatch = {}): SpanRecord[] {
    return this.spans.filter(compileMatch('all', match).matches);
  }

  drawn(options?: DrawOptions): string {
    return drawTree(this.spans, { adopt: 'remote', ...options });
  }

  /** With a drawing of what there is; `>` marks what matches. */
  #fail(check: { readonly name: string }, problem: string, match?: CompiledMatch): never {
    const tops = topNodes(this);
    const lines = outlineLines(tops, 0, (span) =>
      spanText(
        span,
        match?.fields.filter((field) => readField(span, field) !== undefined),
      ),
    );
    const marks = Array.from(walkNodes(tops), ({ span }) => (match?.matches(span) ? '> ' : '  '));
    const marked = lines.map((line, i) => `${marks[i]}${line}`);
    const drawing = `what there is:\n${block(marked.length === 0 ? ['  (no spans)'] : marked, '')}`;
    throw failure(check, [problem, drawing, ...openSpansNote(this)].join('\n\n'));
  }
}
