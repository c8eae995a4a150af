import { failureOf } from '../analysis/failures.ts';
import { serviceName, walk } from '../analysis/tree.ts';
import type { TraceTree, TreeNode } from '../analysis/types.ts';
import type { Attributes, AttributeValue } from '../core/record.ts';
import { count } from './count.ts';
import { safe, spanLabel } from './label.ts';
import { composeLine } from './line.ts';
import { moment } from './moment.ts';
import type { DrawOptions } from './options.ts';
import { type Page, pageOf, rowLimit } from './page.ts';
import { leftOutLine } from './table.ts';
import { displayWidth, formatDuration, sanitize } from './text.ts';
import { wrapText } from './wrap.ts';

const DEFAULT_MAX_ROWS = 200;

/** A stack is told so far; the rest is in `--json`. */
const LONGEST_VALUE = 4000;
const WIDEST_KEY = 36;

/**
 * All that is known of some spans of a trace: times, status, attributes, events with their stacks, links, resource and
 * scope. `numbers`: which of them, counted from 1 in the order in which a waterfall draws them; left out: all. Lines
 * are separated by `\n`, none wider than `width`; names and values are made safe to print. Never throws.
 */
export function drawSpanDetails(trace: TraceTree, options: DrawOptions = {}, numbers?: readonly number[]): string {
  const page = pageOf(options);
  const maxRows = rowLimit(options.maxRows, DEFAULT_MAX_ROWS);
  const all = [...walk(trace)].map((node, i) => ({ node, number: i + 1 }));
  const wanted = numbers === undefined ? all : all.filter(({ number }) => numbers.includes(number));
  const texts = wanted.slice(0, maxRows).map(({ node, number }) => spanLines(trace, node, number, page).join('\n'));
  return [...texts, ...leftOutLine(wanted.length - maxRows, page)].join('\n\n');
}

function spanLines(trace: TraceTree, node: TreeNode, number: number, page: Page): string[] {
  const { span } = node;
  const { width, paint } = page;
  const offset = formatDuration(span.startTimeMs - trace.startTimeMs);
  return [
    composeLine(
      [
        { text: `${number}. `, paint: paint.dim },
        { text: spanLabel(node), paint: paint.bold },
        { text: `  ${safe(serviceName(span))} · ${span.kind} · ${formatDuration(span.durationMs)}`, paint: paint.dim },
      ],
      width,
    ),
    ...field('span', span.spanId, page),
    ...(span.parentSpanId === undefined ? [] : field('parent', span.parentSpanId, page)),
    ...field('started', `${moment(span.startTimeMs)}, ${offset} into the trace`, page),
    ...statusLines(node, page),
    ...attributeLines('', span.attributes, page),
    ...span.events.flatMap((event) => [
      ...field(`event ${formatDuration(event.timeMs - span.startTimeMs)}`, event.name, page),
      ...attributeLines('  ', event.attributes, page),
    ]),
    ...span.links.flatMap(({ context, attributes }) => [
      ...field('link', `trace ${context.traceId} span ${context.spanId}`, page),
      ...attributeLines('  ', attributes, page),
    ]),
    ...attributeLines('resource ', span.resource.attributes, page),
    ...field('scope', [span.scope.name, span.scope.version ?? ''].join(' ').trim(), page),
    ...droppedLines(node, page),
  ];
}

function statusLines({ span }: TreeNode, page: Page): string[] {
  if (span.status.code !== 'error') return span.status.code === 'ok' ? field('status', 'ok', page) : [];
  const { code, message } = failureOf(span);
  return field('status', `failed ${[code, message].filter((word) => word !== undefined).join(': ')}`.trim(), page);
}

function droppedLines({ span }: TreeNode, page: Page): string[] {
  const dropped = [
    span.droppedAttributesCount > 0 ? count(span.droppedAttributesCount, 'attribute') : '',
    span.droppedEventsCount > 0 ? count(span.droppedEventsCount, 'event') : '',
    span.droppedLinksCount > 0 ? count(span.droppedLinksCount, 'link') : '',
  ].filter((text) => text !== '');
  return dropped.length === 0 ? [] : field('left out', `${dropped.join(', ')} by the limits of who sent them`, page);
}

function attributeLines(prefix: string, attributes: Attributes, page: Page): string[] {
  const keys = Object.keys(attributes).sort();
  return keys.flatMap((key) => field(`${prefix}${key}`, textOf(attributes[key]), page));
}

function textOf(value: AttributeValue | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A key and its value, which goes on below where it has more lines or more words than one line takes. */
function field(key: string, value: string, { width, paint }: Page): string[] {
  if (value === '') return [];
  const name = `   ${safe(key)}`;
  const room = Math.max(displayWidth(name) + 2, WIDEST_KEY);
  const narrow = width - room < 24;
  const indent = narrow ? 5 : room;
  const lines = value
    .slice(0, LONGEST_VALUE)
    .split(/\r?\n/)
    .flatMap((line) => brokenLine(sanitize(line), width - indent));
  const [first = '', ...rest] = lines;
  const head = [{ text: name, paint: paint.dim }];
  const below = (text: string): string => composeLine([{ text: ' '.repeat(indent) + text }], width);
  if (narrow) return [composeLine(head, width), ...lines.map(below)];
  return [composeLine([...head, { text: ' '.repeat(room - displayWidth(name)) + first }], width), ...rest.map(below)];
}

/** Broken at spaces, and in longer words where the line ends: values are read whole. */
function brokenLine(text: string, room: number): string[] {
  const pieces = new RegExp(`[^ ]{${room}}(?=[^ ])`, 'gu');
  return wrapText(text.replace(pieces, '$& '), room);
}
