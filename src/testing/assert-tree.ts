import { wrongArgument } from '../core/options/errors.ts';
import { flag, type Readers, readOptions } from '../core/options/options.ts';
import { failure } from './failure.ts';
import { openSpansNote } from './open-spans.ts';
import { align } from './tree/align.ts';
import { block, outlineLines, type SpanSource, topNodes } from './tree/forest.ts';
import { TreeMatcher } from './tree/matcher.ts';
import { parseExpectedTree } from './tree/parse.ts';
import { actualLines, differenceLines, expectedLines, wantedLines } from './tree/report.ts';

/** Options of {@link assertTree}. */
export interface AssertTreeOptions {
  /** Siblings must come in the order they are written in, by their start. Default false: in any order. */
  readonly ordered?: boolean | undefined;
}

const READERS = { ordered: flag } satisfies Readers<AssertTreeOptions>;

/**
 * Holds spans to a tree written as text: one span a line, indentation is nesting, several roots are
 * allowed. The tree is complete: a span that no line stands for fails it, unless there is a `...`.
 *
 * - `*` in a name stands for any characters, alone for any one span; a name in double quotes is taken as it is
 * - `...` stands for any further spans at its place, with all below them
 * - `✗` before a name: the span failed; without it, it may have
 * - `{http.response.status_code: 200, error.type: *, user.id: "7"}` behind a name: these attributes, others
 *   may be there; bare text may hold `*`, `undefined` means absent; `kind` and `status` are the span's own
 *
 * Spans whose parent is not among them stand as roots.
 *
 * @throws AssertionError (`ERR_ASSERTION`) that shows both trees and where they differ; its `expected` has wildcards
 *   filled in by what they stand for, so that a runner's diff with `actual` shows what is wrong and nothing else
 * @throws TypeError (`ERR_THROUGHLINE_OPTION`) naming line and column, for a text that is no tree
 *
 * @example
 * assertTree(captured, `
 *   GET /orders/:id {http.response.status_code: 200}
 *     load order
 *     GET
 *       ...
 * `);
 */
export function assertTree(actual: SpanSource, expected: string, options: AssertTreeOptions = {}): void {
  const { ordered = false } = readOptions('assertTree', options, READERS);
  if (typeof expected !== 'string') throw wrongArgument('assertTree', 'the tree as a text', expected);
  const items = parseExpectedTree(expected);
  const nodes = topNodes(actual);
  const matcher = new TreeMatcher(ordered);
  if (matcher.listMatches(items, nodes)) return;
  const rows = align(items, nodes, matcher);
  const came = actualLines(rows);
  const message = [
    `the spans do not form the expected tree${matcher.isOrdered ? ', in its order' : ''}`,
    section('expected:', expectedLines(items)),
    section('came:', came),
    `difference (- missing, + not expected, ~ other than expected):\n${block(differenceLines(rows), '')}`,
    ...openSpansNote(actual),
  ].join('\n\n');
  throw failure(assertTree, message, { expected: wantedLines(rows).join('\n'), actual: came.join('\n') });
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${block(lines.length === 0 ? ['(no spans)'] : lines, '  ')}`;
}

/**
 * Spans as the text that {@link assertTree} would accept for them: to be printed once, read, and made the
 * expectation. Failed spans are marked `✗`; attributes are yours to add. Safe to print.
 *
 *     console.log(outline(captured));
 */
export function outline(actual: SpanSource): string {
  return outlineLines(topNodes(actual)).join('\n');
}
