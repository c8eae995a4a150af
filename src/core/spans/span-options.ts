import { timeInputMs } from '../clock.ts';
import { isProduction, sayOnce } from '../diagnostics.ts';
import { hintAt, showValue } from '../options/errors.ts';
import { isOptions } from '../options/options.ts';
import type { SpanKind } from '../record.ts';
import type { SpanOptions } from '../span.ts';

/** By the numbers of OpenTelemetry's API: `SpanKind.INTERNAL` is 0. */
export const SPAN_KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];

/** The kind that is meant: by name, or by OpenTelemetry's number. What is none is `internal`. */
export function spanKind(given: SpanOptions['kind']): SpanKind {
  return given === undefined ? 'internal' : (knownKind(given) ?? 'internal');
}

function knownKind(given: unknown): SpanKind | undefined {
  switch (given) {
    case 'internal':
    case 'server':
    case 'client':
    case 'producer':
    case 'consumer':
      return given;
    default:
      return typeof given === 'number' ? SPAN_KINDS[given] : undefined;
  }
}

const KNOWN = {
  kind: true,
  attributes: true,
  parent: true,
  links: true,
  startTime: true,
} satisfies Record<keyof SpanOptions, true>;

/** Names that were spoken of: whoever makes a name of each id must not have a line of each. */
const named = new Set<string>();
const MOST_NAMES = 20;

/**
 * Says what a span's options do not say, outside production and once a name: in plain JavaScript nobody else does, and
 * a span must start whatever it is given. Never throws.
 */
export function lookAtOptions(name: string, options: unknown): void {
  if (isProduction || named.size >= MOST_NAMES) return;
  try {
    if (isPlainlyGood(options) || named.has(name)) return;
    const problem = problemOf(options);
    if (problem === undefined) return;
    named.add(name);
    sayOnce(`span ${showValue(name)}: ${problem}`);
  } catch {
    // options that cannot be looked at: starting the span will show
  }
}

/** Options as they nearly always are, told without a look at each name (bench/micro/span: a tenth of a root span). */
function isPlainlyGood(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false;
  const { kind, attributes, parent, links, startTime } = options as SpanOptions;
  if (startTime !== undefined || (kind !== undefined && knownKind(kind) === undefined)) return false;
  let known = kind === undefined ? 0 : 1;
  if (attributes !== undefined) known++;
  if (parent !== undefined) known++;
  if (links !== undefined) known++;
  return known > 0 && Object.keys(options).length === known;
}

function problemOf(options: unknown): string | undefined {
  if (!isOptions(options)) {
    return `its options must be an object, got ${showValue(options)}; it starts without`;
  }
  for (const key in options) {
    if (key in KNOWN || !Object.hasOwn(options, key)) continue;
    return `unknown option ${showValue(key)}; ${hintAt(key, Object.keys(KNOWN))}`;
  }
  const { kind, startTime } = options as SpanOptions;
  if (kind !== undefined && knownKind(kind) === undefined) {
    return `"kind" must be one of ${SPAN_KINDS.join(', ')}, or 0 to 4, got ${showValue(kind)}; it is internal`;
  }
  if (startTime !== undefined && timeInputMs(startTime) === undefined) {
    return `"startTime" must be milliseconds, a Date or [seconds, nanoseconds], got ${showValue(startTime)}; it starts now`;
  }
  return undefined;
}
