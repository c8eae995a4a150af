import { nearestUrl } from '../options/errors.ts';
import { LONGEST_TIMER_MS } from '../timers.ts';
import type { Environment } from './environment.ts';

/** The Zipkin exporter as the environment sets it up. */
export interface ZipkinEnvironment {
  readonly endpoint?: string;
  readonly timeoutMs?: number;
}

/** `OTEL_EXPORTER_ZIPKIN_ENDPOINT`, taken as it is, and `OTEL_EXPORTER_ZIPKIN_TIMEOUT` in milliseconds. */
export function resolveZipkin(environment: Environment): ZipkinEnvironment {
  const endpoint = zipkinUrl(environment);
  const timeoutMs = environment.whole('OTEL_EXPORTER_ZIPKIN_TIMEOUT', 1, LONGEST_TIMER_MS);
  return { ...(endpoint !== undefined && { endpoint }), ...(timeoutMs !== undefined && { timeoutMs }) };
}

function zipkinUrl(environment: Environment): string | undefined {
  const text = environment.text('OTEL_EXPORTER_ZIPKIN_ENDPOINT');
  if (text === undefined) return undefined;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  environment.ignored('OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'an http:// or https:// URL', undefined, nearestUrl(text));
  return undefined;
}
