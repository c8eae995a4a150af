import { buildTraces, type SpanRecord, sumUp, walk } from 'throughline/analysis';

/** One line a span, indented below its parent, in order of time: `server1 {"test":true}`. */
export function outline(spans: readonly SpanRecord[]): string {
  const lines = buildTraces(spans).flatMap((tree) =>
    [...walk(tree)].map(({ span, depth }) => '  '.repeat(depth) + describe(span)),
  );
  return lines.join('\n');
}

function describe({ name, attributes, events }: SpanRecord): string {
  const tags = Object.keys(attributes).length === 0 ? '' : ` ${JSON.stringify(attributes)}`;
  const log = events.map((event) => ` "${event.name}"`).join('');
  return name + tags + log;
}

/** Calls, total and self time for each name. */
export function table(spans: readonly SpanRecord[]): string {
  const rows = sumUp(spans).map(({ name, calls, totalMs, selfMs }) => [
    name.padEnd(10),
    String(calls).padStart(6),
    `${totalMs.toFixed(1)} ms`.padStart(10),
    `${selfMs.toFixed(1)} ms`.padStart(10),
  ]);
  return [['name'.padEnd(10), ' calls', '     total', '      self'], ...rows].map((row) => row.join('')).join('\n');
}
