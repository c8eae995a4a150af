import { rulesSampler, type SampleRule } from '../decide/sample-rules.ts';
import { ignoringParent, parentBased, ratioSampler, type Sampler } from '../decide/sampler.ts';
import { group, numberFrom, type Reader, type Readers, text, wrongOption } from '../options/options.ts';
import type { Environment } from './environment.ts';

const READERS = {
  route: text('a route template, with * for any characters'),
  method: text('a method such as "GET"'),
  rate: numberFrom(0, 1),
  perSecond: numberFrom(0),
} satisfies Readers<SampleRule>;

const ruleFields = group(READERS, "a rule such as { route: '/health', rate: 0 }");

/** The option `sample`: a share, or rules. */
export const sampleReader: Reader<Sampler> = (given, at) => {
  if (Array.isArray(given)) {
    const rules = [...given].map((rule, index) => ruleFields(rule, { ...at, name: `${at.name}[${index}]` }));
    return parentBased(rulesSampler(rules));
  }
  if (typeof given === 'number' && given >= 0 && given <= 1) return parentBased(ratioSampler(given));
  const isRule = typeof given === 'object' && given !== null;
  const hint = isRule ? 'one rule stands in a list too: [{ route, rate }]' : '';
  throw wrongOption(at, 'a number from 0 to 1 or a list of rules', given, hint);
};

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

/** `OTEL_TRACES_SAMPLER` and its argument; everything where they are not set. */
export function environmentSampler(environment: Environment): Sampler {
  const name = environment.choice('OTEL_TRACES_SAMPLER', SAMPLERS, REFUSED_SAMPLERS) ?? 'parentbased_always_on';
  const root = ratioSampler(environmentRatio(name, environment));
  return name.startsWith('parentbased_') ? parentBased(root) : ignoringParent(root);
}

function environmentRatio(name: (typeof SAMPLERS)[number], environment: Environment): number {
  if (name.endsWith('always_on')) return 1;
  if (name.endsWith('always_off')) return 0;
  return environment.number('OTEL_TRACES_SAMPLER_ARG', 0, 1) ?? 1;
}
