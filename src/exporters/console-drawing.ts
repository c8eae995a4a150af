import { buildTrace } from '../analysis/tree.ts';
import type { DrawOptions } from '../terminal/options.ts';
import { supportsColor } from '../terminal/style.ts';
import { drawTree } from '../terminal/tree.ts';
import { drawWaterfall } from '../terminal/waterfall.ts';
import type { ConsoleStream } from './console-stream.ts';
import type { TracePart } from './trace-parts.ts';

const DRAWINGS = { tree: drawTree, waterfall: drawWaterfall } as const;

const REMARKS = { finished: undefined, late: 'late', incomplete: 'incomplete' } as const;

/** One local trace as text for `stream`. */
export function drawTracePart(
  { spans, state }: TracePart,
  format: 'tree' | 'waterfall',
  stream: ConsoleStream,
): string {
  const options: DrawOptions = {
    width: stream.columns,
    color: supportsColor(stream, process.env),
    adopt: state === 'late' ? 'all' : 'remote',
    remark: REMARKS[state],
  };
  return `${DRAWINGS[format](buildTrace(spans), options)}\n\n`;
}
