import { criticalPath } from '../../src/analysis/critical-path.ts';
import { buildTrace, walk } from '../../src/analysis/tree.ts';
import type { TraceTree } from '../../src/analysis/types.ts';
import type { StoredTrace } from '../../src/store/span-store.ts';
import { count } from '../../src/terminal/count.ts';
import { drawSpanDetails } from '../../src/terminal/span-details.ts';
import { drawWaterfall } from '../../src/terminal/waterfall.ts';
import { type Command, drawOptions } from '../command.ts';
import { quote } from '../command-arguments.ts';
import { EXIT, NotFoundError, UsageError } from '../exit-code.ts';
import { findTrace } from '../find-trace.ts';
import { safeJson } from '../io.ts';
import { namedStore } from '../open-store.ts';
import { COMMON_OPTIONS, FILTER_OPTIONS } from '../option-specs.ts';
import { traceFilter } from '../trace-filter.ts';
import { withStore } from '../with-store.ts';

export const command: Command = {
  usage: '<trace | last | slowest> [store] [options]',
  about: 'Draws one trace as a waterfall: by its id or the beginning of it, the last one, or the slowest.',
  options: {
    critical: { help: 'show what the trace waited for: solid bars, the rest shaded' },
    collapse: { help: 'four or more similar siblings become one row' },
    span: {
      value: 'id|number',
      help: 'show all that is known of one span: its id, the beginning of it, or its row in the waterfall',
    },
    details: { help: 'show all that is known of every span, below the waterfall' },
    lines: { value: 'number', help: 'draw so many lines at most (default 2000)' },
    ...FILTER_OPTIONS,
    ...COMMON_OPTIONS,
  },
  examples: [
    ['throughline show last', 'the trace that began last'],
    ["throughline show slowest --operation 'POST /order' --since today", "today's slowest order"],
    ['throughline show 4bf92f35 --critical', 'one trace, and what it waited for'],
    ['throughline show last --span 3', 'the attributes, events and stack of its third row'],
  ],
  async run(given, io) {
    const { address, words } = namedStore(given, io);
    // A file that is named is looked into; without one, nobody said what to show.
    const [word = given.positionals.length > 0 ? 'last' : undefined, extra] = words;
    if (word === undefined)
      throw new UsageError('show needs a trace: its id or the beginning of it, "last" or "slowest"');
    if (extra !== undefined) throw new UsageError(`show takes one trace, got also ${quote(extra)}`);
    const query = traceFilter(given, io.now());
    const maxRows = given.number('lines');
    return withStore(address, io, async (store) => {
      const stored = await findTrace(store, word, query, io);
      const trace = buildTrace(stored.spans);
      const wanted = given.text('span');
      const number = wanted === undefined ? undefined : rowOf(trace, wanted);
      if (given.has('json')) {
        const { span } = (number === undefined ? undefined : [...walk(trace)][number - 1]) ?? {};
        io.out(`${safeJson(span ?? describeTrace(stored, trace))}\n`);
        return EXIT.ok;
      }
      const drawing = { ...drawOptions(given, io), maxRows };
      if (number !== undefined) {
        io.out(`${drawSpanDetails(trace, drawing, [number])}\n`);
        return EXIT.ok;
      }
      const remark = stored.dropped > 0 ? `${stored.dropped.toLocaleString('en-US')} not kept` : undefined;
      const marks = { critical: given.has('critical'), collapse: given.has('collapse') };
      io.out(`${drawWaterfall(trace, { ...drawing, ...marks, remark })}\n`);
      if (given.has('details')) io.out(`\n${drawSpanDetails(trace, drawing)}\n`);
      return EXIT.ok;
    });
  },
};

/**
 * The row of the span that a word names: its number, its id or the beginning of it.
 *
 * @throws NotFoundError when there is none, UsageError when there are several
 */
function rowOf(trace: TraceTree, word: string): number {
  const ids = [...walk(trace)].map(({ span }) => span.spanId as string);
  if (/^\d{1,6}$/.test(word) && Number(word) >= 1 && Number(word) <= ids.length) return Number(word);
  const rows = ids.flatMap((id, i) =>
    /^[0-9a-f]{2,16}$/i.test(word) && id.startsWith(word.toLowerCase()) ? [i + 1] : [],
  );
  const [row, second] = rows;
  if (row === undefined)
    throw new NotFoundError(`no span ${quote(word)} in trace ${trace.traceId}: it has ${count(ids.length, 'span')}`);
  if (second !== undefined) throw new UsageError(`${quote(word)} begins ${rows.length} spans; give more of the id`);
  return row;
}

/** The trace as data: its sums, the critical path, and every span as it is kept. */
function describeTrace({ traceId, spans, dropped }: StoredTrace, trace: TraceTree): object {
  const { startTimeMs, durationMs, errors, services, spanCount } = trace;
  const sections = criticalPath(trace).sections.map(({ node, fromMs, toMs }) => ({
    spanId: node.span.spanId,
    fromMs,
    toMs,
  }));
  return {
    traceId,
    startTimeMs,
    durationMs,
    spanCount,
    errorCount: errors,
    services,
    dropped,
    criticalPath: sections,
    spans,
  };
}
