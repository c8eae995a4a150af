import type { OpenRecord } from '../record.ts';
import type { RequestFacts } from './sampler.ts';

/** A local root that nobody speaks for says what its attributes say. */
export function factsOf(record: OpenRecord | undefined): RequestFacts {
  return { method: textOf(record, 'http.request.method'), route: textOf(record, 'http.route') };
}

function textOf(record: OpenRecord | undefined, key: string): string | undefined {
  const value = record?.attributes[key];
  return typeof value === 'string' ? value : undefined;
}

/** A stream lasts as long as somebody listens: its latency is what its instrumentation says. */
export function headersMsOf(record: OpenRecord | undefined): number | undefined {
  return numberOf(record, 'throughline.headers_ms');
}

/** The status of the answer, when one was given. */
export function statusOf(record: OpenRecord | undefined): number | undefined {
  return numberOf(record, 'http.response.status_code');
}

function numberOf(record: OpenRecord | undefined, key: string): number | undefined {
  const value = record?.attributes[key];
  return typeof value === 'number' ? value : undefined;
}
