import { compileWildcard } from '../../core/decide/wildcard.ts';
import { type ExpectedItem, type ExpectedName, type ExpectedSpan, REST } from './expected.ts';
import { LineScanner } from './line-scanner.ts';
import { parseAttributes } from './parse-attributes.ts';

/** Lines of one indentation, and the list they go to. */
interface Level {
  readonly indent: number;
  readonly items: ExpectedItem[];
}

/**
 * Reads an expected tree: one span a line, nested by indentation (spaces or tabs, any number). Empty
 * lines count for nothing.
 *
 *     GET /orders/:id {http.response.status_code: 200}
 *       load *
 *       ✗ "a name as it is: * {"
 *       ...
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION`, naming line and column
 */
export function parseExpectedTree(text: string): ExpectedItem[] {
  const roots: ExpectedItem[] = [];
  const levels: Level[] = [];
  let indentation = '';
  text.split(/\r?\n/).forEach((line, index) => {
    const indent = line.length - line.trimStart().length;
    const scanner = new LineScanner(line.trimEnd(), index + 1, indent);
    if (scanner.isAtEnd) return;
    indentation += line.slice(0, indent);
    if (/ /.test(indentation) && /[^ ]/.test(indentation)) scanner.fail('indent with spaces or with tabs, not both', 0);
    const level = levelFor(scanner, levels, roots);
    level.items.push(parseItem(scanner));
  });
  return roots;
}

/** The level that a line belongs to; those that it leaves are closed. */
function levelFor(scanner: LineScanner, levels: Level[], roots: ExpectedItem[]): Level {
  const indent = scanner.at;
  const innermost = levels.at(-1);
  if (innermost === undefined) return opened(levels, { indent, items: roots });
  if (indent > innermost.indent) return opened(levels, { indent, items: childrenOf(scanner, innermost) });
  while ((levels.at(-1)?.indent ?? -1) > indent) levels.pop();
  const level = levels.at(-1);
  return level?.indent === indent ? level : scanner.fail('this indentation is that of no line above');
}

function opened(levels: Level[], level: Level): Level {
  levels.push(level);
  return level;
}

function childrenOf(scanner: LineScanner, level: Level): ExpectedItem[] {
  const parent = level.items.at(-1) as ExpectedItem; // a level is opened for a line, which is in it by now
  return parent === REST ? scanner.fail('"..." stands for whole subtrees and has no children') : parent.children;
}

function parseItem(scanner: LineScanner): ExpectedItem {
  const text = scanner.text.slice(scanner.at);
  return text === REST ? REST : parseSpan(scanner, text);
}

function parseSpan(scanner: LineScanner, text: string): ExpectedSpan {
  const failed = scanner.startsWith('✗');
  if (failed) scanner.at++;
  scanner.skipSpaces();
  const name = scanner.startsWith('"') ? quotedName(scanner) : plainName(scanner);
  scanner.skipSpaces();
  const attributes = scanner.isAtEnd ? [] : parseAttributes(scanner);
  return { text, name, failed, attributes, children: [] };
}

function quotedName(scanner: LineScanner): ExpectedName {
  const text = scanner.takeQuoted();
  return { text, isLiteral: true, matches: (name) => name === text };
}

/** All up to a brace behind a space: `GET /users{/:id}` is a name, of which `{` is a part. */
function plainName(scanner: LineScanner): ExpectedName {
  const start = scanner.at;
  const length = scanner.text.slice(start).search(/(^|\s)\{/);
  scanner.at = length === -1 ? scanner.text.length : start + length;
  const text = scanner.text.slice(start, scanner.at).trim();
  if (text === '') scanner.fail('a name is missing (* fits any)', start);
  return { text, isLiteral: !text.includes('*'), matches: compileWildcard(text) };
}
