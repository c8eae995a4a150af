import { serviceName, walkNodes } from '../analysis/tree.ts';
import type { OrphanGroup, TraceTree, TreeNode } from '../analysis/types.ts';
import type { DrawOptions } from './options.ts';
import { rowLimit } from './page.ts';

/** Nodes drawn together: the roots, or the spans that miss one parent. */
export interface Section {
  readonly missing: OrphanGroup | undefined;
  readonly rows: readonly TreeNode[];
}

/** The rows of a trace that are drawn, and the number of those left out to keep it bounded. */
export interface Selection {
  readonly sections: readonly Section[];
  readonly leftOut: number;
  readonly leftOutErrors: number;
}

const DEFAULT_MAX_ROWS = 2000;

/** The nodes to draw, in drawing order. A trace beyond `maxRows` keeps its beginning and some of its orphans. */
export function selectRows(trace: TraceTree, options: DrawOptions): Selection {
  const { tops, groups } = partition(trace, options.adopt ?? 'none');
  const maxRows = rowLimit(options.maxRows, DEFAULT_MAX_ROWS);
  const picker = new Picker(groups.length === 0 ? maxRows : Math.ceil(maxRows * 0.75));
  const sections: Section[] = [{ missing: undefined, rows: picker.take(tops) }];
  picker.room += Math.floor(maxRows * 0.25);
  for (const group of groups) {
    picker.room--;
    const rows = picker.take(group.nodes);
    if (rows.length > 0) sections.push({ missing: group, rows });
  }
  return { sections, leftOut: picker.leftOut, leftOutErrors: picker.leftOutErrors };
}

class Picker {
  room: number;
  leftOut = 0;
  leftOutErrors = 0;

  constructor(room: number) {
    this.room = room;
  }

  take(nodes: readonly TreeNode[]): TreeNode[] {
    const taken: TreeNode[] = [];
    for (const node of walkNodes(nodes)) {
      if (this.room > 0) {
        this.room--;
        taken.push(node);
        continue;
      }
      this.leftOut++;
      if (node.span.status.code === 'error') this.leftOutErrors++;
    }
    return taken;
  }
}

function partition(trace: TraceTree, adopt: 'none' | 'remote' | 'all'): { tops: TreeNode[]; groups: OrphanGroup[] } {
  const tops = [...trace.roots];
  const groups: OrphanGroup[] = [];
  for (const group of trace.orphans) {
    const stands = adopt === 'all' || (adopt === 'remote' && group.reason === 'remote-parent-missing');
    if (stands) for (const node of group.nodes) tops.push(node);
    else groups.push(group);
  }
  if (tops.length > trace.roots.length) tops.sort((a, b) => a.span.startTimeMs - b.span.startTimeMs);
  return { tops, groups };
}

/** Indentation of the tree lines, in columns a level. */
export type Step = 2 | 3;

const LINES: Readonly<Record<Step, { branch: string; last: string; pass: string; blank: string }>> = {
  2: { branch: '├ ', last: '└ ', pass: '│ ', blank: '  ' },
  3: { branch: '├─ ', last: '└─ ', pass: '│  ', blank: '   ' },
};

/**
 * The lines that lead to a node, as `tree` draws them. Below `maxLevels` the depth stands as a number
 * instead: a trace 5,000 deep would otherwise be nothing but indentation.
 *
 *     │  └─          …37 └─
 */
export function guideOf(node: TreeNode, step: Step, maxLevels: number): string {
  if (!node.parent) return '';
  const lines = LINES[step];
  const connector = isLast(node) ? lines.last : lines.branch;
  if (node.depth > maxLevels) return `…${node.depth} ${connector}`;
  let guide = connector;
  for (let above = node.parent; above.parent; above = above.parent) {
    guide = (isLast(above) ? lines.blank : lines.pass) + guide;
  }
  return guide;
}

function isLast(node: TreeNode): boolean {
  return node.parent?.children.at(-1) === node;
}

/** The service of each row where it differs from the row before, else `''`. */
export function changedServices(rows: readonly TreeNode[]): string[] {
  let before = '';
  return rows.map(({ span }) => {
    const service = serviceName(span);
    const shown = service === before ? '' : service;
    before = service;
    return shown;
  });
}
