import { buildTraces, type SpanRecord, type TraceTree, type TreeNode } from '../../analysis/index.ts';
import { walkNodes } from '../../analysis/tree.ts';
import { spanText } from './notation.ts';

/** A source of spans: a capture or collector, a list of finished spans, one assembled trace. */
export type SpanSource = { readonly spans: readonly SpanRecord[] } | readonly SpanRecord[] | TraceTree;

/** A trace 5,000 deep would be nothing but indentation. */
const DEEPEST = 100;

/** More lines than this are counted, not shown. */
const MOST_LINES = 300;

/**
 * The spans that stand at the top, in time order: roots, and spans whose parent is not there (in
 * another process, in the test that sent the request, or left out of the list).
 */
export function topNodes(source: SpanSource): TreeNode[] {
  if ('roots' in source) return topsOf(source);
  return buildTraces('spans' in source ? source.spans : source).flatMap(topsOf);
}

function topsOf(tree: TraceTree): TreeNode[] {
  const tops = [...tree.roots, ...tree.orphans.flatMap((group) => group.nodes)];
  return tops.sort((a, b) => a.span.startTimeMs - b.span.startTimeMs);
}

/** The given nodes and all below them, a line each, indented by two spaces a level below `depth`. */
export function outlineLines(
  nodes: readonly TreeNode[],
  depth: number = 0,
  textOf: (span: SpanRecord) => string = spanText,
): string[] {
  const top = nodes[0]?.depth ?? 0;
  const lines: string[] = [];
  for (const node of walkNodes(nodes)) lines.push(indented(textOf(node.span), depth + node.depth - top));
  return lines;
}

export function indented(text: string, depth: number): string {
  return '  '.repeat(Math.min(depth, DEEPEST)) + text;
}

/** At most {@link MOST_LINES} of the lines, each behind `prefix`. */
export function block(lines: readonly string[], prefix: string): string {
  const shown = lines.slice(0, MOST_LINES).map((line) => `${prefix}${line}`);
  const left = lines.length - shown.length;
  return [...shown, ...(left > 0 ? [`${prefix}… and ${left} more lines`] : [])].join('\n');
}
