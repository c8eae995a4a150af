import type { Clock } from '../clock.ts';
import {
  NO,
  type RequestFacts,
  type RootSampler,
  ratioSampler,
  type TraceIdentity,
  type Verdict,
  YES,
} from './sampler.ts';
import { TokenBucket } from './token-bucket.ts';
import { compileWildcard } from './wildcard.ts';

/**
 * One line of `sample`: which requests, and how many of them. Without `route` and `method` it speaks of
 * every trace; without `rate` and `perSecond` it keeps all.
 */
export interface SampleRule {
  /** The template of the matched route with its mount path: `/users/:id`, or with `*` for any run of characters: `/api/*`. */
  readonly route?: string | undefined;
  /** The method, in any case: `GET`; `_OTHER` for all that nobody knows. */
  readonly method?: string | undefined;
  /** The share to keep, 0 to 1, by trace id: services that share a rate keep the same traces. */
  readonly rate?: number | undefined;
  /** At most so many traces a second in this process, of those that `rate` keeps. */
  readonly perSecond?: number | undefined;
}

interface CompiledRule {
  /** Undefined: any, and none. */
  readonly method: string | undefined;
  readonly matchesRoute: ((route: string) => boolean) | undefined;
  readonly sampler: RootSampler;
  readonly bucket: TokenBucket | undefined;
}

/** The rules as a sampler: the first that matches decides, and what none matches is kept. */
export function rulesSampler(rules: readonly SampleRule[]): RootSampler {
  const compiled = rules.map(compileRule);
  const firstAsks = compiled.length > 0 && asksForRequest(compiled[0] as CompiledRule);
  const later = (trace: TraceIdentity, facts: RequestFacts, clock: Clock): Verdict => {
    const rule = compiled.find((candidate) => matches(candidate, facts));
    return rule === undefined ? KEEP_REST.later(trace, facts, clock) : decide(rule, trace, facts, clock);
  };
  // When the first rule speaks of every trace, nothing has to be waited for.
  return { later, atStart: (trace, clock) => (firstAsks ? undefined : later(trace, NOTHING_KNOWN, clock)) };
}

const KEEP_REST = ratioSampler(1);
const NOTHING_KNOWN: RequestFacts = Object.freeze({ method: undefined, route: undefined });

function asksForRequest(rule: CompiledRule): boolean {
  return rule.method !== undefined || rule.matchesRoute !== undefined;
}

function matches({ method, matchesRoute }: CompiledRule, facts: RequestFacts): boolean {
  if (method !== undefined && method !== facts.method) return false;
  if (matchesRoute === undefined) return true;
  const { route } = facts;
  return route !== undefined && matchesRoute(route);
}

function decide(rule: CompiledRule, trace: TraceIdentity, facts: RequestFacts, clock: Clock): Verdict {
  const verdict = rule.sampler.later(trace, facts, clock);
  if (rule.bucket === undefined || !verdict.sampled) return verdict;
  return rule.bucket.take(clock) ? YES : NO;
}

function compileRule({ route, method, rate = 1, perSecond }: SampleRule): CompiledRule {
  return {
    method: method === '_OTHER' ? method : method?.toUpperCase(),
    matchesRoute: route === undefined ? undefined : compileWildcard(route),
    sampler: ratioSampler(rate),
    bucket: perSecond === undefined ? undefined : new TokenBucket(perSecond),
  };
}
