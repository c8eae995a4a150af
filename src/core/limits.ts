import { setOwn } from '../leaves/own-slot.ts';
import type { Attributes, AttributeValue } from './record.ts';

/** The bounds of one span and of one tracer. All are counts, but for the lengths (UTF-16 units), milliseconds and bytes. */
export interface Limits {
  /** Attributes a span, event or link keeps. */
  readonly attributes: number;
  /** Length of a string value, and of a list. */
  readonly attributeLength: number;
  readonly events: number;
  readonly links: number;
  /** Spans open at once; those started beyond it are not recorded, and counted in `dropped.limit`. */
  readonly openSpans: number;
  /** The time a span may be open, in milliseconds, before one line says so; 0 for ever. */
  readonly openMs: number;
  /** Finished spans waiting for one exporter, in bytes of estimated size. The oldest go first. */
  readonly queueBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  attributes: 128,
  attributeLength: 4096,
  events: 128,
  links: 128,
  openSpans: 100_000,
  openMs: 300_000,
  queueBytes: 8 * 1024 * 1024,
};

/** Names and keys have fixed limits: nobody needs to tune them, and hostile ones must not grow state. */
export const NAME_LENGTH = 256;
export const KEY_LENGTH = 128;

/**
 * At most `max` UTF-16 units of `text`. The copy through a buffer matters: a slice would keep the
 * whole original alive for as long as the span waits.
 */
export function bounded(text: string, max: number): string {
  return text.length <= max ? text : Buffer.from(text.slice(0, max)).toString();
}

/**
 * `value` as it may be recorded: primitives as they are, strings and lists cut to `max`.
 * `undefined` for what is no attribute value. A hostile list (a throwing Proxy) throws: callers guard.
 */
export function attributeValue(value: unknown, max: number): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
      return bounded(value, max);
    case 'number':
    case 'boolean':
      return value;
    default:
      return Array.isArray(value) ? primitiveList(value, max) : undefined;
  }
}

/** A copy, since the app may go on changing its list. Lists of mixed types are no attribute value. */
function primitiveList(list: readonly unknown[], max: number): AttributeValue | undefined {
  const kept: unknown[] = [];
  let type: string | undefined;
  for (let i = 0; i < list.length && i < max; i++) {
    const item = list[i] ?? null;
    if (item !== null) {
      type ??= typeof item;
      if (typeof item !== type) return undefined;
    }
    kept.push(typeof item === 'string' ? bounded(item, max) : item);
  }
  if (type !== undefined && type !== 'string' && type !== 'number' && type !== 'boolean') return undefined;
  return kept as unknown as AttributeValue;
}

/** Attributes, and how many of them a limit took; absent: none. */
export interface CopiedAttributes {
  readonly attributes: Attributes;
  readonly droppedAttributesCount?: number;
}

/** A bounded copy of attributes an app passed in: never throws, whatever they are. A key MUST be non-empty (Common, Attribute). */
export function copyAttributes(source: unknown, limits: Limits): CopiedAttributes {
  const attributes: Attributes = {};
  let dropped = 0;
  let count = 0;
  for (const key of ownKeys(source)) {
    const value = readValue(source as Attributes, key, limits.attributeLength);
    if (value === undefined || key === '') continue;
    if (count === limits.attributes) {
      dropped++;
      continue;
    }
    setOwn(attributes, bounded(key, KEY_LENGTH), value);
    count++;
  }
  return dropped === 0 ? { attributes } : { attributes, droppedAttributesCount: dropped };
}

/** Own enumerable string keys; none for a Proxy that throws. */
export function ownKeys(source: unknown): string[] {
  if (typeof source !== 'object' || source === null) return [];
  try {
    return Object.keys(source);
  } catch {
    return [];
  }
}

function readValue(source: Attributes, key: string, max: number): AttributeValue | undefined {
  try {
    return attributeValue(source[key], max);
  } catch {
    return undefined; // a getter or Proxy of the app's threw; the span goes on without this attribute
  }
}
