import { labelOf } from '../analysis/labels.ts';
import type { TreeNode } from '../analysis/types.ts';
import type { Palette } from './style.ts';
import { sanitize } from './text.ts';

/** Longer names than any terminal is wide are cut before the work of sanitizing them. */
const LONGEST = 400;

/** A text of the trace, safe to print. */
export function safe(text: string): string {
  return sanitize(text.length > LONGEST ? text.slice(0, LONGEST) : text);
}

/** The label of a span, safe to print. */
export function spanLabel(node: TreeNode): string {
  return safe(labelOf(node));
}

/** Failed spans red, roots bold. */
export function labelPaint(node: TreeNode, paint: Palette): ((text: string) => string) | undefined {
  if (node.span.status.code === 'error') return paint.red;
  return node.parent ? undefined : paint.bold;
}
