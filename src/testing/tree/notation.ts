import type { AttributeValue, SpanRecord } from '../../core/record.ts';
import { sanitize } from '../../terminal/text.ts';
import { isOwnField, REST, readField, type SpanField } from './expected.ts';

/** Longer names and values are cut where they are shown. */
const LONGEST = 300;

const PLAIN_KEY = /^[\w./-]+$/;

/**
 * A span as a line of an expected tree, which it would match: `✗ pay {error.type: "timeout"}`. Of its
 * attributes only those asked for. Safe to print, whatever the span holds.
 */
export function spanText(span: SpanRecord, fields: readonly SpanField[] = []): string {
  const mark = span.status.code === 'error' ? '✗ ' : '';
  const shown = new Map(fields.map((field) => [fieldText(field), fieldValue(span, field)]));
  const attributes = [...shown].map(([key, value]) => `${key}: ${value}`).join(', ');
  return `${mark}${nameText(span.name)}${attributes === '' ? '' : ` {${attributes}}`}`;
}

/** A name as it stands in a tree: in quotes where it would be read as something else, or act on a terminal. */
export function nameText(name: string): string {
  return isPlain(name) ? cut(name) : quoted(name);
}

function isPlain(name: string): boolean {
  if (name === '' || name === REST || name.trim() !== name) return false;
  return !/^[✗"{]|\*|\s\{/.test(name) && sanitize(name) === name;
}

function fieldText({ key, isOwn }: SpanField): string {
  return PLAIN_KEY.test(key) && (isOwn || !isOwnField(key)) ? key : quoted(key);
}

function fieldValue(span: SpanRecord, field: SpanField): string {
  const value = readField(span, field);
  return field.isOwn ? String(value) : valueText(value);
}

function valueText(value: AttributeValue | undefined): string {
  if (typeof value === 'string') return quoted(value);
  return typeof value === 'object' ? printable(cut(JSON.stringify(value))) : String(value);
}

/** A JSON string in which everything that could act on a terminal is escaped. */
function quoted(text: string): string {
  return printable(JSON.stringify(cut(text)));
}

/** JSON has no escape for more than 16 bits: a character beyond is written as its two halves. */
function printable(json: string): string {
  if (sanitize(json) === json) return json;
  return Array.from(json, (character) => (sanitize(character) === character ? character : escaped(character))).join('');
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
