import type { SpanRecord, TreeNode } from '../../analysis/index.ts';
import { type ExpectedItem, type ExpectedSpan, REST, readField } from './expected.ts';
import { pairUp } from './pairing.ts';

/** Compares spans with the tree that is expected. Each pair of an expected and a real span is looked at once. */
export class TreeMatcher {
  readonly isOrdered: boolean;
  readonly #known: Map<ExpectedSpan, Map<TreeNode, boolean>>;

  constructor(isOrdered: boolean) {
    this.isOrdered = isOrdered;
    this.#known = new Map();
  }

  /** The span and everything below it. */
  matches(expected: ExpectedSpan, node: TreeNode): boolean {
    const known = this.#known.get(expected) ?? new Map<TreeNode, boolean>();
    this.#known.set(expected, known);
    let result = known.get(node);
    if (result === undefined) {
      result = lineMatches(expected, node.span) && this.listMatches(expected.children, node.children);
      known.set(node, result);
    }
    return result;
  }

  /** Siblings: each expected one finds a span of its own, and no span is left, unless `...` stands for it. */
  listMatches(items: readonly ExpectedItem[], nodes: readonly TreeNode[]): boolean {
    const spans = spansOf(items);
    const hasRest = spans.length < items.length;
    if (hasRest ? nodes.length < spans.length : nodes.length !== spans.length) return false;
    if (this.isOrdered) return this.#orderedMatches(items, nodes);
    return pairUp(spans, nodes, (expected, node) => this.matches(expected, node)).size === spans.length;
  }

  /** After each item: how many of the nodes the items so far may stand for. */
  #orderedMatches(items: readonly ExpectedItem[], nodes: readonly TreeNode[]): boolean {
    let ends = new Set([0]);
    for (const item of items) ends = item === REST ? allFrom(ends, nodes.length) : this.#step(ends, item, nodes);
    return ends.has(nodes.length);
  }

  #step(ends: ReadonlySet<number>, item: ExpectedSpan, nodes: readonly TreeNode[]): Set<number> {
    const next = new Set<number>();
    for (const end of ends) {
      const node = nodes[end];
      if (node !== undefined && this.matches(item, node)) next.add(end + 1);
    }
    return next;
  }
}

function allFrom(ends: ReadonlySet<number>, length: number): Set<number> {
  const all = new Set<number>();
  for (let end = Math.min(...ends); end <= length; end++) all.add(end);
  return all;
}

/** The lines that stand for one span. */
export function spansOf(items: readonly ExpectedItem[]): ExpectedSpan[] {
  return items.filter((item) => item !== REST);
}

/** The span itself, without what is below it. */
export function lineMatches(expected: ExpectedSpan, span: SpanRecord): boolean {
  if (!expected.name.matches(span.name) || (expected.failed && span.status.code !== 'error')) return false;
  return expected.attributes.every(({ field, matches }) => matches(readField(span, field)));
}
