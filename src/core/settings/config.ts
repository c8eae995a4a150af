import { isBaggageKey } from '../../../propagation/baggage-member.ts';
import type { Propagator } from '../../../propagation/context.ts';
import { type Destination, type PropagateTo, traceToAllBaggageToPrivate } from '../../../propagation/destination.ts';
import type { KeepRule } from '../decide/keep-rule.ts';
import type { SampleRule } from '../decide/sample-rules.ts';
import type { Sampler } from '../decide/sampler.ts';
import { LOG_LEVELS } from '../diagnostics.ts';
import type { Limits } from '../limits.ts';
import { checked, flag, type Hints, listOf, type Readers, readOptions, text } from '../options/options.ts';
import { propagateToReader } from '../options/propagate-to.ts';
import type { Exporter } from '../pipeline/exporter.ts';
import type { BatchSettings } from '../pipeline/settings.ts';
import type { SpoolSettings } from '../pipeline/spool/spool.ts';
import type { Attributes, Resource } from '../record.ts';
import { NOTHING_ALLOWED, type Redaction, type RedactOptions } from '../redaction.ts';
import { type ExporterName, environmentExporters, exportersReader } from './config-exporters.ts';
import { type Instrument, type InstrumentOptions, instrumentReader } from './config-instrument.ts';
import { type KeepOptions, keepReader } from './config-keep.ts';
import { type LimitOptions, limitsReader, resolveBatch, resolveLimits } from './config-limits.ts';
import {
  environmentPropagator,
  type PropagatorLists,
  type PropagatorOption,
  propagatorsReader,
} from './config-propagators.ts';
import { redactReader } from './config-redaction.ts';
import { environmentSampler, sampleReader } from './config-sampling.ts';
import { resolveSpool, type SpoolModeName, type SpoolOptions, spoolReader } from './config-spool.ts';
import { DEFAULTS } from './defaults.ts';
import { Environment, type Variables } from './environment.ts';
import { type OtlpEnvironment, resolveOtlp } from './otlp-environment.ts';
import { type ReadText, readBeginning } from './platform.ts';
import { resolveResource } from './resource.ts';
import { resolveZipkin, type ZipkinEnvironment } from './zipkin-environment.ts';

/** The options of `start()`. Every field is optional; code comes before the environment, that before the default. */
export interface StartOptions {
  /** `service.name`. Environment: `OTEL_SERVICE_NAME`. Default: the name in the nearest package.json. */
  readonly service?: string | undefined;
  /** `service.version`. Default: the version in the nearest package.json. */
  readonly version?: string | undefined;
  /** `deployment.environment.name`. */
  readonly environment?: string | undefined;
  /** Further resource attributes. Environment: `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource?: Attributes | undefined;
  /**
   * Header formats, by name or as objects: one list, or one for each direction. On extract the first
   * that yields a context wins; on inject all are written. Environment: `OTEL_PROPAGATORS`.
   * Default: `['tracecontext', 'baggage']`.
   */
  readonly propagators?: readonly PropagatorOption[] | PropagatorLists | undefined;
  /**
   * Marks the ids of traces that begin here as random (W3C Trace Context Level 2, 3.2.2.5.2); a mark that came in is
   * always passed on. Default: false, since deployed receivers (OpenTelemetry's Go SDK before 2026, Rust's) throw a whole
   * `traceparent` away whose flags are above 01.
   */
  readonly randomFlag?: boolean | undefined;
  /** The destinations of outbound context. Default: trace context everywhere, baggage to private hosts only. */
  readonly propagateTo?: PropagateTo | undefined;
  /**
   * Names of baggage values that are copied to the attributes of each span, as they are when it starts:
   * baggage comes from the caller, so only what is named here is recorded. Default: none.
   */
  readonly baggageAttributes?: readonly string[] | undefined;
  /**
   * Which new traces to keep: a share, 0 to 1, or a list of rules of which the first that matches decides;
   * what no rule matches is kept. A caller's decision is followed. Environment: `OTEL_TRACES_SAMPLER`,
   * `OTEL_TRACES_SAMPLER_ARG`. Default: 1.
   *
   * @example
   * start({ sample: [{ route: '/health', rate: 0 }, { method: 'POST' }, { rate: 0.1, perSecond: 50 }] });
   */
  readonly sample?: number | readonly SampleRule[] | undefined;
  /**
   * Reasons to keep a trace whatever `sample` and the caller say. All requests are recorded then, and decided about
   * when they end. Default: nothing.
   *
   * @example
   * start({ sample: 0.05, keep: { errors: true, slowerThan: '2s', status: '5xx' } });
   */
  readonly keep?: KeepOptions | undefined;
  /**
   * Requests are counted and timed, sampled or not: see `metrics()`. Default: true. `false` spares a
   * request that is not sampled 1 to 2 µs on Express, less elsewhere.
   */
  readonly metrics?: boolean | undefined;
  /** Rules for values that may be recorded. Default: no query value, no credential, and all attributes. */
  readonly redact?: RedactOptions | undefined;
  /** The exporters of finished spans. Environment: `OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_*`. Default: `'otlp'`. */
  readonly exporters?: ExporterName | Exporter | readonly (ExporterName | Exporter)[] | undefined;
  /**
   * Finished spans on disk: `'overflow'` only while export fails and when the process ends, `'ahead'` each one before
   * it is sent, `'off'` never. Used with a configured endpoint, or after one successful export. Environment:
   * `THROUGHLINE_SPOOL`, `THROUGHLINE_SPOOL_DIRECTORY`. Default: `'overflow'`, 64 MiB, 24 h.
   */
  readonly spool?: SpoolModeName | SpoolOptions | undefined;
  /** Environment: `OTEL_SPAN_*`, `OTEL_ATTRIBUTE_*`. */
  readonly limits?: LimitOptions | undefined;
  /**
   * Notes on every span of function tracing where it was started: `code.file.path`, `code.line.number`
   * and `code.function.name` of the caller. It costs 4 to 5 µs a span (bench/micro/location).
   * Environment: `THROUGHLINE_LOCATION=true`. Default: false.
   */
  readonly location?: boolean | undefined;
  /**
   * Traces clients of the process that are not handed over, through Node's diagnostics channels: all of
   * fetch and undici, all of node:http and node:https (Node 22 and later). Default: none.
   */
  readonly instrument?: InstrumentOptions | undefined;
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
  readonly randomFlag: boolean;
  readonly propagateTo: (url: URL) => Destination;
  readonly baggageAttributes: readonly string[];
  readonly redaction: Redaction;
  readonly exporters: readonly (ExporterName | Exporter)[];
  readonly otlp: OtlpEnvironment;
  readonly zipkin: ZipkinEnvironment;
  readonly batch: BatchSettings;
  readonly spool: SpoolSettings;
  readonly instrument: Instrument;
}

const READERS = {
  service: text(),
  version: text(),
  environment: text(),
  resource: checked('an object of attributes', isAttributes),
  propagators: propagatorsReader,
  randomFlag: flag,
  propagateTo: propagateToReader,
  sample: sampleReader,
  keep: keepReader,
  metrics: flag,
  exporters: exportersReader,
  spool: spoolReader,
  limits: limitsReader,
  location: flag,
  baggageAttributes: listOf('a list of names of baggage values', isBaggageKey),
  redact: redactReader,
  instrument: instrumentReader,
} satisfies Readers<StartOptions>;

function isAttributes(given: unknown): given is Attributes {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** Options as users of other SDKs write them. */
const HINTS: Hints = {
  serviceName: 'did you mean "service"?',
  serviceVersion: 'did you mean "version"?',
  instrumentations: 'did you mean "instrument"?',
  resourceAttributes: 'did you mean "resource"?',
  sampler: 'did you mean "sample"?',
  traceExporter: 'did you mean "exporters"?',
  endpoint: 'it belongs to the exporter: exporters: otlp({ endpoint }) of throughline/exporters',
  url: 'it belongs to the exporter: exporters: otlp({ endpoint }) of throughline/exporters',
  headers: 'they belong to the exporter: exporters: otlp({ headers }) of throughline/exporters',
};

/** The function that takes the options of `start()`, and how it differs from that. */
export interface OptionsTaker {
  readonly caller: string;
  /** Options that mean nothing there, each with the reason. */
  readonly unused: Hints;
  /** The name of the service where none was given. */
  readonly service: string | undefined;
  /** True where the machine may be asked what it is: a test finds the same spans wherever it runs. */
  readonly readText: ReadText;
}

const START: OptionsTaker = { caller: 'start', unused: {}, service: undefined, readText: readBeginning };

/**
 * Turns options and variables into a complete configuration. `warn` is told of ignored variables.
 *
 * @throws TypeError with code `ERR_THROUGHLINE_OPTION` for a wrong option, never for a variable
 */
export function resolveConfig(
  options: StartOptions,
  variables: Variables,
  warn: (message: string) => void,
  { caller, unused, service, readText }: OptionsTaker = START,
): Config {
  const given = readOptions(caller, options, readersBut(unused), { ...HINTS, ...unused });
  const environment = new Environment(variables, warn);
  environment.choice('OTEL_LOG_LEVEL', LOG_LEVELS); // a wrong one is named here; what it says is known since the first line
  const limits = resolveLimits(given.limits ?? {}, environment);
  return {
    enabled: !environment.flag('OTEL_SDK_DISABLED'),
    resource: resolveResource({ ...given, service: given.service ?? service }, environment, process.argv[1], readText),
    limits,
    location: given.location ?? environment.flag('THROUGHLINE_LOCATION'),
    sampler: given.sample ?? environmentSampler(environment),
    keepRule: given.keep,
    metrics: given.metrics ?? DEFAULTS.metrics,
    propagator: given.propagators ?? environmentPropagator(environment),
    randomFlag: given.randomFlag ?? DEFAULTS.randomFlag,
    propagateTo: given.propagateTo ?? traceToAllBaggageToPrivate,
    baggageAttributes: [...new Set(given.baggageAttributes)],
    redaction: given.redact ?? NOTHING_ALLOWED,
    exporters: given.exporters ?? environmentExporters(environment),
    otlp: resolveOtlp(environment),
    zipkin: resolveZipkin(environment),
    batch: resolveBatch(limits.queueBytes, environment),
    spool: resolveSpool(given.spool ?? {}, environment),
    instrument: given.instrument ?? DEFAULTS.instrument,
  };
}

function readersBut(unused: Hints): typeof READERS {
  const readers = Object.entries(READERS).filter(([name]) => !Object.hasOwn(unused, name));
  return Object.fromEntries(readers) as typeof READERS; // nothing is read of what is not in it
}
