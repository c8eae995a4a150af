import type { SpanRecord } from '../../analysis/index.ts';
import type { Aligned } from './align.ts';
import { type ExpectedItem, type ExpectedSpan, REST, readField } from './expected.ts';
import { indented, outlineLines } from './forest.ts';
import { nameText, spanText } from './notation.ts';

/** An expected tree, as it was written. */
export function expectedLines(items: readonly ExpectedItem[], depth: number = 0): string[] {
  return items.flatMap((item) =>
    item === REST ? [indented(REST, depth)] : [indented(item.text, depth), ...expectedLines(item.children, depth + 1)],
  );
}

/** The spans that came, in the order in which they are laid beside the expected ones. */
export function actualLines(rows: readonly Aligned[], depth: number = 0): string[] {
  return rows.flatMap((row) => {
    if (row.kind === 'missing') return [];
    if (row.kind === 'pair') return [indented(pairText(row), depth), ...actualLines(row.below, depth + 1)];
    return outlineLines(row.kind === 'rest' ? row.nodes : [row.node], depth);
  });
}

/** The spans that should have come: as {@link actualLines} where it did, so that their difference is what is wrong and nothing else. */
export function wantedLines(rows: readonly Aligned[], depth: number = 0): string[] {
  return rows.flatMap((row) => wantedOf(row, depth));
}

function wantedOf(row: Aligned, depth: number): string[] {
  switch (row.kind) {
    case 'extra':
      return [];
    case 'missing':
      return expectedLines([row.expected], depth);
    case 'rest':
      return outlineLines(row.nodes, depth);
    case 'pair': {
      const line = differenceOf(row.expected, row.node.span) === '' ? pairText(row) : row.expected.text;
      return [indented(line, depth), ...wantedLines(row.below, depth + 1)];
    }
  }
}

/**
 * Both trees in one, each line behind its mark: `-` expected and missing, `+` not expected, `~` other
 * than expected, which follows behind an arrow.
 */
export function differenceLines(rows: readonly Aligned[], depth: number = 0): string[] {
  return rows.flatMap((row) => differenceOfRow(row, depth));
}

function differenceOfRow(row: Aligned, depth: number): string[] {
  switch (row.kind) {
    case 'extra':
      return outlineLines([row.node], depth).map((line) => `+ ${line}`);
    case 'missing':
      return expectedLines([row.expected], depth).map((line) => `- ${line}`);
    case 'rest':
      return [`  ${indented(REST, depth)}`];
    case 'pair':
      return [pairLine(row, depth), ...differenceLines(row.below, depth + 1)];
  }
}

type Pair = Extract<Aligned, { kind: 'pair' }>;

function pairLine(row: Pair, depth: number): string {
  const wanted = differenceOf(row.expected, row.node.span);
  const line = indented(pairText(row), depth);
  return wanted === '' ? `  ${line}` : `~ ${line}  ← expected ${wanted}`;
}

/** The real span, with the attributes that the expected line speaks of. */
function pairText({ expected, node }: Pair): string {
  return spanText(
    node.span,
    expected.attributes.map(({ field }) => field),
  );
}

/** The part of an expected line that a span is not: `✗ {error.type: timeout}`. */
function differenceOf(expected: ExpectedSpan, span: SpanRecord): string {
  const attributes = expected.attributes.filter(({ field, matches }) => !matches(readField(span, field)));
  const parts = [
    expected.failed && span.status.code !== 'error' ? '✗' : '',
    expected.name.matches(span.name) ? '' : expectedName(expected),
    attributes.length === 0 ? '' : `{${attributes.map(({ text }) => text).join(', ')}}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function expectedName({ name }: ExpectedSpan): string {
  return name.isLiteral ? nameText(name.text) : name.text;
}
