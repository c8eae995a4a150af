import { searchAll } from '../../src/store/read-traces.ts';
import type { TraceSummary } from '../../src/store/span-store.ts';
import { count } from '../../src/terminal/count.ts';
import { drawTraceList } from '../../src/terminal/trace-list.ts';
import { type Command, drawOptions } from '../command.ts';
import { quote } from '../command-arguments.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { safeJson } from '../io.ts';
import { namedStore } from '../open-store.ts';
import { COMMON_OPTIONS, FILTER_OPTIONS } from '../option-specs.ts';
import { traceFilter } from '../trace-filter.ts';
import { withStore } from '../with-store.ts';

const DEFAULT_LIMIT = 20;

export const command: Command = {
  usage: '[store] [options]',
  about: 'Lists traces, the latest first.',
  options: {
    ...FILTER_OPTIONS,
    limit: { value: 'number', help: `so many at most (default ${DEFAULT_LIMIT})` },
    expect: { value: 'some|none', help: 'exit with 1 when there are none, or some: for scripts and CI' },
    ...COMMON_OPTIONS,
  },
  examples: [
    ['throughline ls --error --since 15m', 'what failed just now'],
    ["throughline ls --operation 'GET /cart' --min-duration 500ms", 'slow carts'],
    ['throughline ls --tag user.id=42', 'what one user did'],
    [
      'throughline ls --store redis://127.0.0.1:6379 --error --expect none',
      'a check for CI: exits with 1 if a trace failed',
    ],
  ],
  async run(given, io) {
    const { address, words } = namedStore(given, io);
    const [extra] = words;
    if (extra !== undefined)
      throw new UsageError(`ls takes no argument, got ${quote(extra)}; to see one trace: throughline show <trace>`);
    const query = { ...traceFilter(given, io.now()), limit: given.number('limit') ?? DEFAULT_LIMIT };
    const expected = expectation(given.text('expect'));
    return withStore(address, io, async (store) => {
      const traces: TraceSummary[] = [];
      let isMore = false;
      for await (const trace of searchAll(store, { ...query, limit: query.limit + 1 }, { signal: io.signal })) {
        if (traces.length < query.limit) traces.push(trace);
        else isMore = true;
      }
      if (given.has('json')) io.out(`${safeJson({ traces })}\n`);
      else if (traces.length > 0) io.out(`${drawTraceList(traces, drawOptions(given, io))}\n`);
      else io.err('throughline: no traces found\n');
      if (isMore && !given.has('json'))
        io.err(`the latest ${count(traces.length, 'trace')}; there are more (--limit)\n`);
      return expected !== undefined && expected !== traces.length > 0 ? EXIT.no : EXIT.ok;
    });
  },
};

/** `true`: some. */
function expectation(text: string | undefined): boolean | undefined {
  if (text === undefined || text === 'some' || text === 'none') return text === undefined ? undefined : text === 'some';
  throw new UsageError(`--expect must be some or none, got ${quote(text)}`);
}
