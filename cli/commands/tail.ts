import { buildTrace } from '../../src/analysis/tree.ts';
import { type SpanMatcher, spanMatcher } from '../../src/store/span-match.ts';
import type { SpanStore } from '../../src/store/span-store.ts';
import { TraceFold } from '../../src/store/trace-summary.ts';
import { sanitize } from '../../src/terminal/text.ts';
import { drawTraceLine } from '../../src/terminal/trace-list.ts';
import { drawWaterfall } from '../../src/terminal/waterfall.ts';
import { type Command, drawOptions } from '../command.ts';
import { type CommandArguments, quote } from '../command-arguments.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type Io, safeJson } from '../io.ts';
import { namedStore } from '../open-store.ts';
import { COMMON_OPTIONS, FILTER_OPTIONS, type OptionSpecs } from '../option-specs.ts';
import { parseDuration } from '../times.ts';
import { traceFilter } from '../trace-filter.ts';
import { type ReadyTrace, TraceGatherer } from '../trace-gatherer.ts';
import { withStore } from '../with-store.ts';

/** Spans leave their services within 100 ms; those of one request in different services may be as far apart. */
const SETTLE_MS = 1000;

const { since: _since, until: _until, ...filters }: OptionSpecs = FILTER_OPTIONS;

export const command: Command = {
  usage: '[store] [options]',
  about: 'Follows a store: a line for each trace as it comes, or all of it as a waterfall. Ctrl-C ends it.',
  options: {
    full: { help: 'draw each trace as a waterfall' },
    critical: { help: 'with --full: show what the trace waited for' },
    collapse: { help: 'with --full: four or more similar siblings become one row' },
    settle: { value: 'time', help: 'a trace is shown when nothing of it has come for so long (default 1s)' },
    ...filters,
    ...COMMON_OPTIONS,
    json: { help: 'a line of JSON for each trace; with --full its spans too' },
  },
  examples: [
    ['throughline tail', 'every request, as it ends'],
    ['throughline tail --error --full', 'failures, whole'],
    ['throughline tail --json --min-duration 1s | jq -r .traceId', 'for scripts'],
  ],
  async run(given, io) {
    const { address, words } = namedStore(given, io);
    const [extra] = words;
    if (extra !== undefined)
      throw new UsageError(
        `tail takes no argument, got ${quote(extra)}; filters are options, such as --service ${quote(extra)}`,
      );
    const matches = spanMatcher(traceFilter(given, io.now()));
    const settle = given.text('settle');
    const settleMs = settle === undefined ? SETTLE_MS : parseDuration('settle', settle);
    const show = (trace: ReadyTrace): void => {
      if (trace.spans.some(matches)) io.out(`${textOf(trace, matches, given, io)}\n`);
    };
    return withStore(address, io, (store) => follow(store, settleMs, show, io), { mayBeMissing: true });
  },
};

async function follow(store: SpanStore, settleMs: number, show: (trace: ReadyTrace) => void, io: Io): Promise<number> {
  const gatherer = new TraceGatherer(settleMs);
  const batches = await store.tail({}, { signal: io.signal });
  io.err(`throughline: following ${sanitize(store.destination ?? store.name)}; Ctrl-C ends it\n`);
  const showReady = (): void => {
    for (const trace of gatherer.ready(io.now())) show(trace);
  };
  const timer = setInterval(showReady, Math.min(200, Math.max(10, settleMs / 2)));
  try {
    for await (const { spans, missed } of batches) {
      if (missed > 0) io.err(`throughline: ${missed.toLocaleString('en-US')} spans came too fast to be shown\n`);
      gatherer.add(spans, io.now());
      showReady();
    }
  } finally {
    clearInterval(timer);
  }
  for (const trace of gatherer.rest()) show(trace);
  return EXIT.ok;
}

function textOf(ready: ReadyTrace, matches: SpanMatcher, given: CommandArguments, io: Io): string {
  const { traceId, spans, shownBefore } = ready;
  if (given.has('json')) {
    const fold = new TraceFold(traceId, matches);
    for (const span of spans) fold.add(span);
    return safeJson({ ...fold.summary(), ...(given.has('full') ? { spans } : {}) }, 0);
  }
  const options = drawOptions(given, io);
  const trace = buildTrace(spans);
  if (!given.has('full')) return drawTraceLine(trace, options);
  const remark = shownBefore > 0 ? `again: ${spans.length - shownBefore} came late` : undefined;
  const marks = { critical: given.has('critical'), collapse: given.has('collapse') };
  return `${drawWaterfall(trace, { ...options, ...marks, remark })}\n`;
}
