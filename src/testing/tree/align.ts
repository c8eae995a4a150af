import type { TreeNode } from '../../analysis/index.ts';
import { nearestName } from '../../core/options/errors.ts';
import { type ExpectedItem, type ExpectedSpan, REST } from './expected.ts';
import { lineMatches, spansOf, type TreeMatcher } from './matcher.ts';
import { pairUp } from './pairing.ts';

/** An expected tree laid beside the real one, so that a person sees where they part. */
export type Aligned =
  /** These two belong together, though they may differ. */
  | { readonly kind: 'pair'; readonly expected: ExpectedSpan; readonly node: TreeNode; readonly below: Aligned[] }
  | { readonly kind: 'missing'; readonly expected: ExpectedSpan }
  | { readonly kind: 'extra'; readonly node: TreeNode }
  /** The spans that `...` stands for. */
  | { readonly kind: 'rest'; readonly nodes: readonly TreeNode[] };

/** A measure of how much two spans look like the same one: the greater, the likelier a person would lay them side by side. */
const WHOLE = 6;
const LINE = 5;
const NAME = 4;
const CHILDREN = 3;
const NEAR = 2;
const BOTH_PARENTS = 1;

/** Beyond so many pairs, those that only look a little alike are not searched for. */
const MOST_GUESSES = 10_000;

/** Lays siblings, and all below them, side by side. */
export function align(items: readonly ExpectedItem[], nodes: readonly TreeNode[], matcher: TreeMatcher): Aligned[] {
  const guessing = items.length * nodes.length <= MOST_GUESSES;
  const likeness = (expected: ExpectedSpan, node: TreeNode): number => likenessOf(expected, node, matcher, guessing);
  const rows = matcher.isOrdered ? alignOrdered(items, nodes, likeness) : alignAnyOrder(items, nodes, likeness);
  return rows.map((row) =>
    row.kind === 'pair' ? { ...row, below: align(row.expected.children, row.node.children, matcher) } : row,
  );
}

type Likeness = (expected: ExpectedSpan, node: TreeNode) => number;

function likenessOf(expected: ExpectedSpan, node: TreeNode, matcher: TreeMatcher, guessing: boolean): number {
  if (expected.name.matches(node.span.name)) {
    if (!lineMatches(expected, node.span)) return NAME;
    return matcher.matches(expected, node) ? WHOLE : LINE;
  }
  if (!guessing) return 0;
  const areParents = expected.children.length > 0 && node.children.length > 0;
  if (areParents && matcher.listMatches(expected.children, node.children)) return CHILDREN;
  if (expected.name.isLiteral && isNear(expected.name.text, node.span.name)) return NEAR;
  return areParents ? BOTH_PARENTS : 0;
}

/** A slip of two letters; of shorter names every other one is that near. */
const SHORTEST_SLIP = 4;

function isNear(expected: string, name: string): boolean {
  return Math.min(expected.length, name.length) >= SHORTEST_SLIP && nearestName(expected, [name]) !== undefined;
}

function pair(expected: ExpectedSpan, node: TreeNode): Aligned {
  return { kind: 'pair', expected, node, below: [] };
}

/** The likest first; a line with a literal name chooses before one with a wildcard, which has more to choose from. */
function alignAnyOrder(items: readonly ExpectedItem[], nodes: readonly TreeNode[], likeness: Likeness): Aligned[] {
  const pairs = new Map<ExpectedSpan, TreeNode>();
  const left = new Set(nodes);
  const takeFrom = (candidates: readonly ExpectedSpan[], level: number): void => {
    const waiting = candidates.filter((expected) => !pairs.has(expected));
    for (const [expected, node] of pairUp(waiting, [...left], (e, n) => likeness(e, n) >= level)) {
      pairs.set(expected, node);
      left.delete(node);
    }
  };
  const spans = spansOf(items);
  for (const literal of [true, false]) {
    const candidates = spans.filter((expected) => expected.name.isLiteral === literal);
    for (const level of [WHOLE, LINE, NAME]) takeFrom(candidates, level);
  }
  for (const level of [CHILDREN, NEAR, BOTH_PARENTS]) takeFrom(spans, level);
  const rows = spans.map((expected): Aligned => {
    const node = pairs.get(expected);
    return node === undefined ? { kind: 'missing', expected } : pair(expected, node);
  });
  if (items.includes(REST)) return [...rows, { kind: 'rest', nodes: [...left] }];
  return [...rows, ...[...left].map((node): Aligned => ({ kind: 'extra', node }))];
}

/**
 * The alignment of two sequences with the highest sum of likeness, as a diff of lines finds it: a table
 * of the best sums from each pair of positions on, filled from the end. A span that `...` stands for
 * counts less than any pair, and more than one that nothing stands for.
 */
function alignOrdered(items: readonly ExpectedItem[], nodes: readonly TreeNode[], likeness: Likeness): Aligned[] {
  const best = bestSums(items, nodes, likeness);
  const at = (i: number, j: number): number => best[i]?.[j] ?? 0;
  const rows: Aligned[] = [];
  let i = 0;
  let j = 0;
  while (i < items.length || j < nodes.length) {
    const item = items[i];
    const node = nodes[j];
    if (item !== undefined && node !== undefined && at(i, j) === stepValue(item, node, i, j, at, likeness)) {
      j++;
      if (item === REST) addToRest(rows, node);
      else {
        i++;
        rows.push(pair(item, node));
      }
    } else if (item !== undefined && (node === undefined || at(i, j) === at(i + 1, j))) {
      i++;
      if (item !== REST) rows.push({ kind: 'missing', expected: item });
    } else if (node !== undefined) {
      j++;
      rows.push({ kind: 'extra', node });
    }
  }
  return rows;
}

const REST_VALUE = 0.5;

/** The best sum when this item and this node go together; -1 when they cannot. */
function stepValue(
  item: ExpectedItem,
  node: TreeNode,
  i: number,
  j: number,
  at: (i: number, j: number) => number,
  likeness: Likeness,
): number {
  if (item === REST) return REST_VALUE + at(i, j + 1);
  const value = likeness(item, node);
  return value === 0 ? -1 : value + at(i + 1, j + 1);
}

function bestSums(items: readonly ExpectedItem[], nodes: readonly TreeNode[], likeness: Likeness): number[][] {
  const best = Array.from({ length: items.length + 1 }, () => new Array<number>(nodes.length + 1).fill(0));
  const at = (i: number, j: number): number => best[i]?.[j] ?? 0;
  for (let i = items.length - 1; i >= 0; i--) {
    for (let j = nodes.length - 1; j >= 0; j--) {
      const together = stepValue(items[i] as ExpectedItem, nodes[j] as TreeNode, i, j, at, likeness);
      (best[i] as number[])[j] = Math.max(together, at(i + 1, j), at(i, j + 1));
    }
  }
  return best;
}

function addToRest(rows: Aligned[], node: TreeNode): void {
  const last = rows.at(-1);
  if (last?.kind === 'rest') rows[rows.length - 1] = { kind: 'rest', nodes: [...last.nodes, node] };
  else rows.push({ kind: 'rest', nodes: [node] });
}
