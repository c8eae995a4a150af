import type { TraceQuery } from '../src/store/span-store.ts';
import { type CommandArguments, quote } from './command-arguments.ts';
import { UsageError } from './exit-code.ts';
import { momentOf, parseDuration } from './times.ts';

/** The query that the filter options stand for. */
export function traceFilter(given: CommandArguments, nowMs: number): TraceQuery {
  const query: { -readonly [Key in keyof TraceQuery]: TraceQuery[Key] } = {
    service: given.text('service'),
    operation: given.text('operation'),
  };
  const tags = given.all('tag').map(parseTag);
  const twice = tags.find(([key], i) => tags.findIndex(([other]) => other === key) < i);
  if (twice !== undefined) throw new UsageError(`--tag ${quote(twice[0])} is given twice: a span has one value of it`);
  if (tags.length > 0) query.attributes = Object.fromEntries(tags);
  const [min, max] = [given.text('min-duration'), given.text('max-duration')];
  if (min !== undefined) query.minDurationMs = parseDuration('min-duration', min);
  if (max !== undefined) query.maxDurationMs = parseDuration('max-duration', max);
  if (given.has('error')) query.error = true;
  query.status = parseStatus(given.text('status'));
  query.route = given.text('route');
  const [since, until] = [given.text('since'), given.text('until')];
  if (since !== undefined) query.from = momentOf('since', since, nowMs);
  if (until !== undefined) query.to = momentOf('until', until, nowMs);
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to) {
    throw new UsageError('--since must be before --until');
  }
  return query;
}

/** `404`, or `5xx` for its class. */
function parseStatus(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-5]\d\d$/.test(text)) return Number(text);
  if (/^[1-5]xx$/i.test(text)) return Number(text[0]);
  throw new UsageError(`--status must be an HTTP status such as 404 or 5xx, got ${quote(text)}`);
}

function parseTag(text: string): [key: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--tag must be key=value, such as http.route=/cart, got ${quote(text)}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
