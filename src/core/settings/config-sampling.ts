import { rulesSampler } from '../decide/sample-rules.ts';
import { ignoringParent, parentBased, type RootSampler, ratioSampler, type Sampler } from '../decide/sampler.ts';
import { optionError, showValue } from '../errors.ts';
import type { Environment } from './environment.ts';

/** The option `sample`: code, then `OTEL_TRACES_SAMPLER`, then everything. */
export function resolveSampler(caller: string, sample: unknown, environment: Environment): Sampler {
  return sample === undefined ? environmentSampler(environment) : parentBased(rootSampler(caller, sample));
}

function rootSampler(caller: string, sample: unknown): RootSampler {
  if (Array.isArray(sample)) return rulesSampler(caller, sample);
  if (typeof sample === 'number' && sample >= 0 && sample <= 1) return ratioSampler(sample);
  throw optionError(
    `${caller}(): "sample" must be a number from 0 to 1 or a list of rules, got ${showValue(sample)}${hintFor(sample)}`,
  );
}

function hintFor(sample: unknown): string {
  return typeof sample === 'object' && sample !== null ? '; one rule stands in a list too: [{ route, rate }]' : '';
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const REMOTE =
  'rules from a remote server are not supported here; parentbased_traceidratio, or start({ sample }) decide here';

/** Names of OpenTelemetry's specification that we do not have. */
const REFUSED_SAMPLERS: Readonly<Record<string, string>> = {
  jaeger_remote: REMOTE,
  parentbased_jaeger_remote: REMOTE,
  xray: REMOTE,
};

function environmentSampler(environment: Environment): Sampler {
  const name = environment.choice('OTEL_TRACES_SAMPLER', SAMPLERS, REFUSED_SAMPLERS) ?? 'parentbased_always_on';
  const root = ratioSampler(environmentRatio(name, environment));
  return name.startsWith('parentbased_') ? parentBased(root) : ignoringParent(root);
}

function environmentRatio(name: (typeof SAMPLERS)[number], environment: Environment): number {
  if (name.endsWith('always_on')) return 1;
  if (name.endsWith('always_off')) return 0;
  return environment.number('OTEL_TRACES_SAMPLER_ARG', 0, 1) ?? 1;
}
