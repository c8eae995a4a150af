import { characterClass, characterRange, isRunOf, skipOws, trimOwsEnd } from './characters.ts';
import { cut } from './id-text.ts';
import { isSpanId } from './traceparent.ts';

/** `DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH`, by its default: no tracer of theirs reads more. */
const MAX_LENGTH = 512;
/** The most that is looked at: the half of the trace id must not be lost behind tags that are too many. */
const MAX_SCANNED_LENGTH = 4096;

const PREFIX = '_dd.p.';
const TRACE_ID_PREFIX = '_dd.p.tid=';
const DECISION_MAKER_PREFIX = '_dd.p.dm=';

// A key has no space, comma or "="; a value has no comma. Both are printable ASCII.
const KEY = characterClass(characterRange(0x21, 0x7e, ',='));
const VALUE = characterClass(characterRange(0x20, 0x7e, ','));

/** The well-formed tags of an `x-datadog-tags` text, `_dd.p.dm=-4,_dd.p.usr=1`. What is none is left out. */
export function splitTags(text: string): string[] {
  const end = text.length <= MAX_SCANNED_LENGTH ? text.length : text.lastIndexOf(',', MAX_SCANNED_LENGTH);
  const tags: string[] = [];
  for (let start = 0; start < end; ) {
    const comma = text.indexOf(',', start);
    const stop = comma === -1 ? end : comma;
    const tagStart = skipOws(text, start, stop);
    const tag = cut(text, tagStart, trimOwsEnd(text, tagStart, stop));
    if (isTag(tag)) tags.push(tag);
    start = stop + 1;
  }
  return tags;
}

/** The upper half of the trace id: 16 lower-case hex digits; undefined when there is none, or a malformed one. */
export function upperTraceId(tags: readonly string[]): string | undefined {
  const tag = tags.find((candidate) => candidate.startsWith(TRACE_ID_PREFIX));
  const upper = tag?.slice(TRACE_ID_PREFIX.length);
  return isSpanId(upper) ? upper : undefined; // 16 digits that are not all zero, as in a span id
}

/**
 * The text for `x-datadog-tags`: the upper half of the trace id (unless `''`), then the other tags as they
 * came, while whole ones fit. `_dd.p.dm` says who took the decision: it goes when the decision is another.
 */
export function joinTags(upper: string, tags: readonly string[], keepDecisionMaker: boolean): string {
  let joined = upper === '' ? '' : TRACE_ID_PREFIX + upper;
  for (const tag of tags) {
    if (tag.startsWith(TRACE_ID_PREFIX) || (!keepDecisionMaker && tag.startsWith(DECISION_MAKER_PREFIX))) continue;
    const longer = joined === '' ? tag : `${joined},${tag}`;
    if (longer.length <= MAX_LENGTH) joined = longer;
  }
  return joined;
}

function isTag(tag: string): boolean {
  if (!tag.startsWith(PREFIX)) return false;
  const equals = tag.indexOf('=');
  if (equals <= PREFIX.length || equals === tag.length - 1) return false;
  return isRunOf(tag.slice(0, equals), KEY) && isRunOf(tag.slice(equals), VALUE);
}
