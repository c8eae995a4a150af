import { posix } from 'node:path';
import type { SourceFile } from './import-rules.ts';
import { parseImports } from './module-source.ts';

/** One file that names another, for its types, at load or at first use. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** The words between `import` and `from`, in one line; empty where nothing is named. */
  readonly names: string;
}

/** The imports among `files`. */
export function arrowsOf(files: readonly SourceFile[]): Arrow[] {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path, text }) =>
    parseImports(text).flatMap(({ specifier, names }) => {
      const to = specifier?.startsWith('.') ? posix.join(posix.dirname(path), specifier) : '';
      return known.has(to) ? [{ from: path, to, names }] : [];
    }),
  );
}

/** Files that reach each other: the strongly connected components of more than one file (Tarjan's algorithm). */
export function circlesOf(arrows: readonly Arrow[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) {
    const targets = next.get(from);
    if (targets === undefined) next.set(from, [to]);
    else targets.push(to);
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];

  function visit(file: string): number {
    const at = order.size;
    order.set(file, at);
    lowest.set(file, at);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) lower(file, visit(to));
      else if (stack.includes(to)) lower(file, order.get(to) as number);
    }
    const low = lowest.get(file) as number;
    if (low === at) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return low;
  }

  function lower(file: string, value: number): void {
    lowest.set(file, Math.min(lowest.get(file) as number, value));
  }

  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return circles;
}

/** A circle as the message of a failed test has it: who takes which names from whom. */
export function describeCircle(circle: readonly string[], arrows: readonly Arrow[]): string {
  const inside = arrows.filter(({ from, to }) => circle.includes(from) && circle.includes(to));
  return [
    `a circle of ${circle.length} files:`,
    ...inside.map(({ from, to, names }) => `  ${from} → ${to}: ${names}`),
  ].join('\n');
}
