import { isBaggageKey } from '../../../propagation/baggage-member.ts';
import { compositePropagator, type PropagatorName, propagatorsByName } from '../../../propagation/composite.ts';
import type { Propagator } from '../../../propagation/context.ts';
import { compilePropagateTo, type Destination, type PropagateTo } from '../../../propagation/destination.ts';
import { compileKeep, type KeepOptions, type KeepRule } from '../decide/keep-rule.ts';
import type { SampleRule } from '../decide/sample-rules.ts';
import type { Sampler } from '../decide/sampler.ts';
import { nearestName, optionError, refuseUnknownOptions, showValue } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { Exporter } from '../pipeline/exporter.ts';
import type { BatchSettings } from '../pipeline/settings.ts';
import type { SpoolSettings } from '../pipeline/spool/spool.ts';
import type { Attributes, Resource } from '../record.ts';
import { type Redaction, type RedactOptions, resolveRedaction } from '../redaction.ts';
import { type InstrumentOptions, resolveInstrument } from './config-instrument.ts';
import { resolveBatch, resolveLimits } from './config-limits.ts';
import { resolveSampler } from './config-sampling.ts';
import { resolveSpool, type SpoolModeName, type SpoolOptions } from './config-spool.ts';
import { Environment, type Variables } from './environment.ts';
import { type OtlpEnvironment, resolveOtlp } from './otlp-environment.ts';
import { resolveResource } from './resource.ts';
import { resolveZipkin, type ZipkinEnvironment } from './zipkin-environment.ts';

export type ExporterName = 'otlp' | 'zipkin' | 'console' | 'file' | 'none';
export type PropagatorOption = PropagatorName | Propagator;

/** What `start()` takes. Every field is optional; code comes before the environment, that before the default. */
export interface StartOptions {
  /** `service.name`. Environment: `OTEL_SERVICE_NAME`. Default: the name in the nearest package.json. */
  readonly service?: string;
  /** `service.version`. Default: the version in the nearest package.json. */
  readonly version?: string;
  /** `deployment.environment.name`. */
  readonly environment?: string;
  /** Further resource attributes. Environment: `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource?: Attributes;
  /**
   * Header formats, by name or as objects: one list, or one for each direction. On extract the first
   * that yields a context wins; on inject all are written. Environment: `OTEL_PROPAGATORS`.
   * Default: `['tracecontext', 'baggage']`.
   */
  readonly propagators?:
    | readonly PropagatorOption[]
    | { readonly extract: readonly PropagatorOption[]; readonly inject: readonly PropagatorOption[] };
  /** Where outbound context may go. Default: trace context everywhere, baggage to private hosts only. */
  readonly propagateTo?: PropagateTo;
  /**
   * Names of baggage values that are copied to the attributes of each span, as they are when it starts:
   * baggage comes from the caller, so only what is named here is recorded. Default: none.
   */
  readonly baggageAttributes?: readonly string[];
  /**
   * Which new traces to keep: a share, 0 to 1, or a list of rules of which the first that matches decides;
   * what no rule matches is kept. A caller's decision is followed. Environment: `OTEL_TRACES_SAMPLER`,
   * `OTEL_TRACES_SAMPLER_ARG`. Default: 1.
   *
   * @example
   * start({ sample: [{ route: '/health', rate: 0 }, { method: 'POST' }, { rate: 0.1, perSecond: 50 }] });
   */
  readonly sample?: number | readonly SampleRule[];
  /**
   * What is kept whatever `sample` and the caller say. All requests are recorded then, and decided about
   * when they end. Default: nothing.
   *
   * @example
   * start({ sample: 0.05, keep: { errors: true, slowerThan: '2s', status: '5xx' } });
   */
  readonly keep?: KeepOptions;
  /**
   * Whether requests are counted and timed, sampled or not: see `metrics()`. Default: true. `false` spares a
   * request that is not sampled 1 to 2 µs on Express, less elsewhere.
   */
  readonly metrics?: boolean;
  /** What may be recorded. Default: no query value, no credential, and all attributes. */
  readonly redact?: RedactOptions;
  /** Where finished spans go. Environment: `OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_*`. Default: `'otlp'`. */
  readonly exporters?: ExporterName | Exporter | readonly (ExporterName | Exporter)[];
  /**
   * Finished spans on disk: `'overflow'` only while export fails and when the process ends, `'ahead'` each one before
   * it is sent, `'off'` never. Used with a configured endpoint, or after one successful export. Environment:
   * `THROUGHLINE_SPOOL`, `THROUGHLINE_SPOOL_DIRECTORY`. Default: `'overflow'`, 64 MiB, 24 h.
   */
  readonly spool?: SpoolModeName | SpoolOptions;
  /** Environment: `OTEL_SPAN_*`, `OTEL_ATTRIBUTE_*`. */
  readonly limits?: Partial<Limits>;
  /**
   * Notes on every span of function tracing where it was started: `code.file.path`, `code.line.number`
   * and `code.function.name` of the caller. It costs 4 to 5 µs a span (bench/micro/location).
   * Environment: `THROUGHLINE_LOCATION=true`. Default: false.
   */
  readonly location?: boolean;
  /**
   * Traces clients of the process that are not handed over, through Node's diagnostics channels: all of
   * fetch and undici, all of node:http and node:https (Node 22 and later). Default: none.
   */
  readonly instrument?: InstrumentOptions;
}

/** The complete configuration: validated, nothing left to look up. */
export interface Config {
  readonly enabled: boolean;
  readonly resource: Resource;
  readonly limits: Limits;
  readonly location: boolean;
  readonly sampler: Sampler;
  readonly keepRule: KeepRule | undefined;
  readonly metrics: boolean;
  readonly propagator: Propagator;
  readonly propagateTo: (url: URL) => Destination;
  readonly baggageAttributes: readonly string[];
  readonly redaction: Redaction;
  readonly exporters: readonly (ExporterName | Exporter)[];
  readonly otlp: OtlpEnvironment;
  readonly zipkin: ZipkinEnvironment;
  readonly batch: BatchSettings;
  readonly spool: SpoolSettings;
  readonly instrument: Required<InstrumentOptions>;
}

const CALLER = 'start';
const OPTION_NAMES: readonly (keyof StartOptions)[] = [
  'service',
  'version',
  'environment',
  'resource',
  'propagators',
  'propagateTo',
  'sample',
  'keep',
  'metrics',
  'exporters',
  'spool',
  'limits',
  'location',
  'baggageAttributes',
  'redact',
  'instrument',
];
const EXPORTER_NAMES: readonly ExporterName[] = ['otlp', 'zipkin', 'console', 'file', 'none'];

/**
 * Turns options and variables into a complete configuration. `warn` is told of ignored variables.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option, never for a variable
 */
export function resolveConfig(options: StartOptions, variables: Variables, warn: (message: string) => void): Config {
  if (typeof options !== 'object' || options === null) {
    throw optionError(`${CALLER}(): expected an object of options, got ${showValue(options)}`);
  }
  refuseUnknownOptions(CALLER, options, OPTION_NAMES);
  const environment = new Environment(variables, warn);
  const limits = resolveLimits(CALLER, options.limits, environment);
  return {
    enabled: !environment.flag('OTEL_SDK_DISABLED'),
    resource: resolveResource(checkedIdentity(options), environment),
    limits,
    location: resolveLocation(options.location, environment),
    sampler: resolveSampler(CALLER, options.sample, environment),
    keepRule: compileKeep(CALLER, options.keep),
    metrics: resolveMetrics(options.metrics),
    propagator: resolvePropagator(options.propagators, environment),
    propagateTo: resolvePropagateTo(options.propagateTo),
    baggageAttributes: resolveBaggageAttributes(options.baggageAttributes),
    redaction: resolveRedaction(CALLER, options.redact),
    exporters: resolveExporters(options.exporters, environment),
    otlp: resolveOtlp(environment),
    zipkin: resolveZipkin(environment),
    batch: resolveBatch(limits.queueBytes, environment),
    spool: resolveSpool(CALLER, options.spool, environment),
    instrument: resolveInstrument(CALLER, options.instrument),
  };
}

function checkedIdentity(options: StartOptions): StartOptions {
  for (const name of ['service', 'version', 'environment'] as const) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === 'string' && value !== '')) continue;
    throw optionError(`${CALLER}(): "${name}" must be a non-empty string, got ${showValue(value)}`);
  }
  const resource: unknown = options.resource;
  if (resource !== undefined && (typeof resource !== 'object' || resource === null)) {
    throw optionError(`${CALLER}(): "resource" must be an object of attributes, got ${showValue(resource)}`);
  }
  return options;
}

function resolveLocation(location: unknown, environment: Environment): boolean {
  if (location === undefined) return environment.flag('THROUGHLINE_LOCATION');
  if (typeof location === 'boolean') return location;
  throw optionError(`${CALLER}(): "location" must be true or false, got ${showValue(location)}`);
}

function resolveMetrics(metrics: unknown): boolean {
  if (metrics === undefined || typeof metrics === 'boolean') return metrics ?? true;
  throw optionError(`${CALLER}(): "metrics" must be true or false, got ${showValue(metrics)}`);
}

function resolvePropagator(option: unknown, environment: Environment): Propagator {
  if (option === undefined) return environmentPropagator(environment);
  if (Array.isArray(option)) {
    const both = option.map((item) => propagatorOf(item));
    return compositePropagator({ extract: both, inject: both });
  }
  const lists = option as { extract?: unknown; inject?: unknown };
  if (!Array.isArray(lists?.extract) || !Array.isArray(lists.inject)) {
    throw optionError(
      `${CALLER}(): "propagators" must be a list or { extract: [], inject: [] }, got ${showValue(option)}`,
    );
  }
  refuseUnknownOptions(CALLER, lists, ['extract', 'inject'], 'propagators.');
  return compositePropagator({
    extract: lists.extract.map((item) => propagatorOf(item)),
    inject: lists.inject.map((item) => propagatorOf(item)),
  });
}

/** Names of OpenTelemetry's specification that we do not speak. */
const REFUSED_PROPAGATORS: Readonly<Record<string, string>> = {
  ottrace: 'the format is deprecated and not supported here; tracecontext is what others understand',
};

function environmentPropagator(environment: Environment): Propagator {
  const known = Object.keys(propagatorsByName) as PropagatorName[];
  const names = environment.list('OTEL_PROPAGATORS', [...known, 'none' as const], REFUSED_PROPAGATORS) ?? [
    'tracecontext' as const,
    'baggage' as const,
  ];
  const list = names.filter((name) => name !== 'none').map((name) => propagatorsByName[name]);
  return compositePropagator({ extract: list, inject: list });
}

function propagatorOf(item: unknown): Propagator {
  if (typeof item === 'string' && Object.hasOwn(propagatorsByName, item))
    return propagatorsByName[item as PropagatorName];
  const object = item as Partial<Propagator> | null;
  if (typeof object?.extract === 'function' && typeof object.inject === 'function') return object as Propagator;
  const names = Object.keys(propagatorsByName);
  throw optionError(
    `${CALLER}(): unknown propagator ${showValue(item)}; ${hintFor(item, names)}, or an object with extract and inject`,
  );
}

function hintFor(item: unknown, names: readonly string[]): string {
  const meant = typeof item === 'string' ? nearestName(item, names) : undefined;
  return meant === undefined ? `known are ${names.join(', ')}` : `did you mean "${meant}"?`;
}

function resolvePropagateTo(option: PropagateTo | undefined): (url: URL) => Destination {
  try {
    return compilePropagateTo(option);
  } catch (error) {
    throw optionError(`${CALLER}(): ${(error as Error).message}`);
  }
}

function resolveBaggageAttributes(option: unknown): readonly string[] {
  if (option === undefined) return [];
  if (Array.isArray(option) && option.every(isBaggageKey)) return [...new Set(option)];
  const wrong: unknown = Array.isArray(option) ? option.find((name) => !isBaggageKey(name)) : option;
  const where = Array.isArray(option) ? ' in it' : '';
  throw optionError(
    `${CALLER}(): "baggageAttributes" must be a list of names of baggage values, got ${showValue(wrong)}${where}`,
  );
}

function resolveExporters(option: unknown, environment: Environment): (ExporterName | Exporter)[] {
  if (option === undefined) return environment.list('OTEL_TRACES_EXPORTER', EXPORTER_NAMES) ?? ['otlp'];
  const list = Array.isArray(option) ? option : [option];
  return list.length === 0 ? ['none'] : list.map((item) => exporterOf(item));
}

function exporterOf(item: unknown): ExporterName | Exporter {
  const name = EXPORTER_NAMES.find((known) => known === item);
  if (name !== undefined) return name;
  if (typeof (item as Partial<Exporter> | null)?.export === 'function') return item as Exporter;
  throw optionError(
    `${CALLER}(): unknown exporter ${showValue(item)}; ${hintFor(item, EXPORTER_NAMES)}, or an exporter object`,
  );
}
