import type { CriticalSection } from './critical-path.ts';
import type { TreeNode } from './types.ts';

/** The sections of one span on the critical path, so that any stretch of them is found by bisection. */
export class OwnPath {
  readonly #sections: CriticalSection[] = [];
  /** The lengths of all sections before each. */
  readonly #sums: number[] = [];
  #totalMs = 0;

  /** Adds a section; they come in order of time. */
  push(section: CriticalSection): void {
    this.#sections.push(section);
    this.#sums.push(this.#totalMs);
    this.#totalMs += section.toMs - section.fromMs;
  }

  /** The time on the path up to a moment, in milliseconds. */
  until(timeMs: number): number {
    let low = 0;
    let high = this.#sections.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sections[middle]?.fromMs ?? 0) < timeMs) low = middle + 1;
      else high = middle;
    }
    const last = this.#sections[low - 1];
    if (!last) return 0;
    return (this.#sums[low - 1] ?? 0) + Math.min(timeMs, last.toMs) - last.fromMs;
  }
}

/** The sections of a path by span. */
export function ownPathsOf(sections: readonly CriticalSection[]): Map<TreeNode, OwnPath> {
  const paths = new Map<TreeNode, OwnPath>();
  for (const section of sections) {
    const path = paths.get(section.node) ?? new OwnPath();
    path.push(section);
    paths.set(section.node, path);
  }
  return paths;
}
