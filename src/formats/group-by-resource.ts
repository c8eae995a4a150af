import type { InstrumentationScope, Resource, SpanRecord } from '../core/record.ts';
import { pushTo } from '../leaves/grouping.ts';

/** Records of one resource, by scope. */
export type ScopeGroups = ReadonlyMap<InstrumentationScope, readonly SpanRecord[]>;

/** By the identity of resource and scope objects, in the order of their first record. */
export function groupByResource(records: readonly SpanRecord[]): ReadonlyMap<Resource, ScopeGroups> {
  const resources = new Map<Resource, Map<InstrumentationScope, SpanRecord[]>>();
  for (const record of records) {
    let scopes = resources.get(record.resource);
    if (scopes === undefined) {
      scopes = new Map();
      resources.set(record.resource, scopes);
    }
    pushTo(scopes, record.scope, record);
  }
  return resources;
}
