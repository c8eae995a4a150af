import { buildTrace, buildTraces, type Finding, type FindingOptions, findingsIn } from 'throughline/analysis';
import type { SpanRecord } from '../../src/core/record.ts';
import { type RecordOptions, record } from './records.ts';

/** The facts that a test says about a span beside its id and times. */
export type Facts = Partial<RecordOptions>;

/** The request that a trace is about: server span 1 of service shop. */
export function request(took: number, facts: Facts = {}): SpanRecord {
  return record({ id: 1, took, kind: 'server', name: 'GET /page', ...facts });
}

/** A call by span 1, unless `parent` says otherwise. */
export function call(id: number, at: number, took: number, facts: Facts = {}): SpanRecord {
  return record({ id, parent: 1, at, took, kind: 'client', name: 'GET', ...facts });
}

/** The work of another service for a call. */
export function served(id: number, parent: number, at: number, took: number, facts: Facts = {}): SpanRecord {
  const { service = 'stock', name = 'GET /stock/:sku' } = facts;
  return record({ id, parent, at, took, kind: 'server', parentIsRemote: true, ...facts, service, name });
}

/** A call to an address of its own path. */
export function get(id: number, at: number, took: number, url: string, facts: Facts = {}): SpanRecord {
  const tags = {
    'http.request.method': 'GET',
    'url.full': url,
    'server.address': new URL(url).hostname,
    ...facts.tags,
  };
  return call(id, at, took, { ...facts, tags });
}

/** The findings in the one trace that these spans are. */
export function findingsOf(spans: readonly SpanRecord[], options?: FindingOptions): Finding[] {
  return findingsIn([buildTrace(spans)], options);
}

/** Findings in brief: kind, saving, and the spans that show it by number. */
export function inBrief(findings: readonly Finding[]): [kind: string, savingMs: number, spans: number[]][] {
  return findings.map(({ kind, savingMs, spanIds }) => [kind, savingMs, spanIds.map((id) => Number.parseInt(id, 16))]);
}

/** The same for spans of one trace, or of several. */
export function found(spans: readonly SpanRecord[], options?: FindingOptions): ReturnType<typeof inBrief> {
  return inBrief(findingsIn(buildTraces(spans), options));
}
