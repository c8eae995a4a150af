import { buildTraces, type SpanRecord, walk } from 'throughline/analysis';

/** A tree for each trace, and under a span a line for each span that it links to. */
export function outline(spans: readonly SpanRecord[]): string {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const traces = buildTraces(spans).map((tree) =>
    [...walk(tree)].flatMap(({ span, depth }) => {
      const indent = '  '.repeat(depth);
      const links = span.links.map(({ context }) => `${indent}  ~> ${describe(byId.get(context.spanId))}`);
      return [indent + describe(span), ...links];
    }),
  );
  return traces.map((lines) => lines.join('\n')).join('\n\n');
}

function describe(span: SpanRecord | undefined): string {
  if (span === undefined) return 'a span that is not here';
  const { item, tenant } = span.attributes;
  const tags = [item, tenant].filter((tag) => tag !== undefined);
  return tags.length === 0 ? `${span.name} [${span.kind}]` : `${span.name} [${span.kind}] ${tags.join(', ')}`;
}
