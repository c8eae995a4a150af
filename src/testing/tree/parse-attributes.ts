import type { AttributeValue } from '../../core/record.ts';
import { type ExpectedAttribute, isOwnField, type SpanField } from './expected.ts';
import type { LineScanner } from './line-scanner.ts';
import { absent, equalTo, textLike, type ValueMatcher } from './value-matcher.ts';

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * Reads `{key: value, key: value}` up to the end of the line. A value is a number, `true`, `false`, a
 * string in double quotes, a list as JSON, a bare text in which `*` is a wildcard (alone: any value), or
 * `undefined`: the attribute must not be there.
 */
export function parseAttributes(scanner: LineScanner): ExpectedAttribute[] {
  const attributes: ExpectedAttribute[] = [];
  scanner.take('{');
  scanner.skipSpaces();
  while (!scanner.startsWith('}')) {
    attributes.push(parseAttribute(scanner));
    scanner.skipSpaces();
    if (!scanner.startsWith(',')) break;
    scanner.at++;
    scanner.skipSpaces();
  }
  scanner.take('}');
  if (!scanner.isAtEnd) scanner.fail('nothing may follow the "}" (a name that holds " {" needs quotes)');
  return attributes;
}

function parseAttribute(scanner: LineScanner): ExpectedAttribute {
  const start = scanner.at;
  const field = parseField(scanner);
  scanner.skipSpaces();
  scanner.take(':');
  scanner.skipSpaces();
  const matches = parseValue(scanner, field);
  return { field, matches, text: scanner.text.slice(start, scanner.at).trim() };
}

function parseField(scanner: LineScanner): SpanField {
  if (scanner.startsWith('"')) return { key: scanner.takeQuoted(), isOwn: false };
  const start = scanner.at;
  const key = scanner.takeUntil(':,}');
  if (key === '') scanner.fail('a key is missing', start);
  return { key, isOwn: isOwnField(key) };
}

function parseValue(scanner: LineScanner, field: SpanField): ValueMatcher {
  if (scanner.startsWith('"')) return equalTo(scanner.takeQuoted());
  if (scanner.startsWith('[')) return equalTo(takeList(scanner));
  const start = scanner.at;
  const text = scanner.takeUntil(',}');
  if (text === '') scanner.fail(`a value is missing for ${JSON.stringify(field.key)} (* fits any)`, start);
  if (text === 'undefined') return absent;
  if (text === 'true' || text === 'false') return equalTo(text === 'true');
  return NUMBER.test(text) ? equalTo(Number(text)) : textLike(text);
}

/** A list as JSON; strings in it may hold brackets. */
function takeList(scanner: LineScanner): AttributeValue {
  const start = scanner.at++;
  while (!scanner.startsWith(']')) {
    if (scanner.isAtEnd) scanner.fail('a closing "]" is missing', start);
    if (scanner.startsWith('"')) scanner.takeQuoted();
    else scanner.at++;
  }
  scanner.at++;
  return scanner.parseJson(start) as AttributeValue;
}
