import { serviceName } from '../analysis/tree.ts';
import type { TraceTree, TreeNode } from '../analysis/types.ts';
import { type Detail, detailOf, fitDetail } from './detail.ts';
import { leftOutLines, missingParentLine, treeHeader } from './header.ts';
import { labelPaint, safe, spanLabel } from './label.ts';
import { composeLine, fitSegments, type Segment, segmentsWidth } from './line.ts';
import type { DrawOptions } from './options.ts';
import { type Page, pageOf } from './page.ts';
import { guideOf, type Section, type Step, selectRows } from './rows.ts';
import type { Palette } from './style.ts';
import { formatDuration } from './text.ts';

/** Room kept for status and mark behind the duration. */
const DETAIL_ROOM = 8;

interface Cells {
  readonly name: readonly Segment[];
  readonly service: readonly Segment[];
  readonly duration: string;
  readonly detail: Detail;
}

/**
 * A trace as a tree, a line a span: name, service where it changes, duration, mark and status. Lines
 * are separated by `\n`, none at the end, none wider than `width`. Names are made safe to print. Spans
 * whose parent is missing stand under a `missing parent` line. Never throws.
 *
 *     trace 4bf92f3577b34da6a3ce929d0e0e4736 · shop · 2 spans
 *     GET /cart/:id  shop  12.3 ms    200
 *     └─ load cart         4.02 ms
 */
export function drawTree(trace: TraceTree, options: DrawOptions = {}): string {
  const page = pageOf(options);
  const selection = selectRows(trace, options);
  const lines = treeHeader(trace, page, options.remark);
  for (const section of selection.sections) {
    if (section.missing) lines.push(missingParentLine(section.missing, page));
    lines.push(...sectionLines(trace, section, page));
  }
  return [...lines, ...leftOutLines(selection, page)].join('\n');
}

function sectionLines(trace: TraceTree, section: Section, page: Page): string[] {
  const cells = section.rows.map((node) => cellsOf(trace, node, page));
  const duration = cells.reduce((max, row) => Math.max(max, row.duration.length), 0);
  const longest = cells.reduce((max, row) => Math.max(max, segmentsWidth([...row.name, ...row.service])), 0);
  const name = Math.min(longest, page.width - duration - 2 - DETAIL_ROOM);
  return cells.map((row) => {
    const columns = [...nameColumn(row, name), { text: `  ${row.duration.padStart(duration)}  ` }];
    return composeLine([...columns, ...fitDetail(row.detail, page.width - name - duration - 4)], page.width);
  });
}

/** A service that does not fit whole behind the name is left out. */
function nameColumn(row: Cells, width: number): Segment[] {
  const both = [...row.name, ...row.service];
  return fitSegments(segmentsWidth(both) <= width ? both : row.name, width);
}

function cellsOf(trace: TraceTree, node: TreeNode, { width, paint }: Page): Cells {
  const step: Step = width < 60 ? 2 : 3;
  const guide = guideOf(node, step, Math.floor(width / 3 / step));
  const label: Segment = { text: spanLabel(node), paint: labelPaint(node, paint) };
  const name = [{ text: guide, paint: paint.dim }, label];
  return {
    name,
    service: serviceSegments(trace, node, paint),
    duration: formatDuration(node.span.durationMs),
    detail: detailOf(node, paint),
  };
}

function serviceSegments(trace: TraceTree, node: TreeNode, paint: Palette): Segment[] {
  const service = serviceName(node.span);
  if (node.parent && serviceName(node.parent.span) === service) return [];
  const index = trace.services.indexOf(service);
  return [{ text: '  ' }, { text: safe(service), paint: (text) => paint.service(index, text) }];
}
