import type { Clock } from '../clock.ts';
import { optionError, refuseUnknownOptions, showValue } from '../errors.ts';
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
  readonly route?: string;
  /** The method, in any case: `GET`; `_OTHER` for all that nobody knows. */
  readonly method?: string;
  /** The share to keep, 0 to 1, by trace id: services that share a rate keep the same traces. */
  readonly rate?: number;
  /** At most so many traces a second in this process, of those that `rate` keeps. */
  readonly perSecond?: number;
}

interface CompiledRule {
  /** Undefined: any, and none. */
  readonly method: string | undefined;
  readonly matchesRoute: ((route: string) => boolean) | undefined;
  readonly sampler: RootSampler;
  readonly bucket: TokenBucket | undefined;
}

const RULE_FIELDS: readonly (keyof SampleRule)[] = ['route', 'method', 'rate', 'perSecond'];

/**
 * The rules as a sampler: the first that matches decides, and what none matches is kept.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` that names the rule and the field
 */
export function rulesSampler(call: string, rules: readonly unknown[]): RootSampler {
  const compiled = rules.map((rule, index) => compileRule(call, rule, `sample[${index}]`));
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

function compileRule(call: string, rule: unknown, name: string): CompiledRule {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
    throw optionError(
      `${call}(): "${name}" must be a rule such as { route: '/health', rate: 0 }, got ${showValue(rule)}`,
    );
  }
  refuseUnknownOptions(call, rule, RULE_FIELDS, `${name}.`);
  const { route, method, rate = 1, perSecond } = rule as SampleRule;
  refuseUnless(isText(route), call, `${name}.route`, 'a route template, with * for any characters', route);
  refuseUnless(isText(method), call, `${name}.method`, 'a method such as "GET"', method);
  refuseUnless(isFrom(rate, 0, 1), call, `${name}.rate`, 'a number from 0 to 1', rate);
  const isRate = perSecond === undefined || isFrom(perSecond, 0, Number.MAX_VALUE);
  refuseUnless(isRate, call, `${name}.perSecond`, 'a number, 0 or more', perSecond);
  return {
    method: method === '_OTHER' ? method : method?.toUpperCase(),
    matchesRoute: route === undefined ? undefined : compileWildcard(route),
    sampler: ratioSampler(rate),
    bucket: perSecond === undefined ? undefined : new TokenBucket(perSecond),
  };
}

function isText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}

function isFrom(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}

function refuseUnless(isGood: boolean, call: string, name: string, expected: string, value: unknown): void {
  if (!isGood) throw optionError(`${call}(): "${name}" must be ${expected}, got ${showValue(value)}`);
}
