import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { memory } from 'throughline/exporters';
import { baggage, tracecontext } from 'throughline/propagation';
import { systemClock } from '../../src/core/clock.ts';
import type { Sampler } from '../../src/core/decide/sampler.ts';
import { type Config, resolveConfig, type StartOptions } from '../../src/core/settings/config.ts';
import { Environment } from '../../src/core/settings/environment.ts';
import { resolveResource } from '../../src/core/settings/resource.ts';
import { idGenerator } from '../../src/core/spans/ids.ts';
import { version } from '../../src/core/version.ts';
import { testTracer } from '../core/tracer-fixture.ts';

type Variables = Readonly<Record<string, string>>;

/** A configuration that nothing was ignored for. */
function configOf(options: StartOptions = {}, variables: Variables = {}): Config {
  return resolveConfig(options, variables, (message) => assert.fail(`unexpected warning: ${message}`));
}

function warningsOf(variables: Variables): string[] {
  const warnings: string[] = [];
  resolveConfig({}, variables, (message) => warnings.push(message));
  return warnings;
}

const attributesOf = (options: StartOptions, variables: Variables = {}) =>
  configOf(options, variables).resource.attributes;

/** The decision on a trace of a sampler that needs no more than ids. */
function isSampled(sampler: Sampler, traceId: string, parentSampled: boolean | undefined): boolean | undefined {
  return sampler.atStart({ traceId, traceState: undefined }, parentSampled, systemClock())?.sampled;
}

const REMOTE_RULES =
  /^OTEL_TRACES_SAMPLER: "\w+" is ignored: rules from a remote server are not supported here; [^\n]+$/;

const enabledOf = (config: Config) => config.enabled;
const fieldsOf = (config: Config) => config.propagator.fields;
const XRAY = ['x-amzn-trace-id'];
const aOf = (config: Config) => config.resource.attributes.a;
const endpointOf = (config: Config) => config.otlp.options.endpoint;

describe('the defaults', () => {
  it('are all there without options and variables', () => {
    const { enabled, limits, exporters, otlp, batch, propagator } = configOf();
    assert.deepEqual([enabled, exporters, otlp], [true, ['otlp'], { options: { headers: {} }, isExact: false }]);
    assert.deepEqual(limits, {
      ...{ attributes: 128, attributeLength: 4096, events: 128, links: 128 },
      ...{ openSpans: 100_000, openMs: 300_000, queueBytes: 8 * 1024 * 1024 },
    });
    assert.deepEqual(batch, {
      ...{ maxBatch: 512, delayMs: 100, timeoutMs: 10_000 },
      ...{ queueSpans: Number.POSITIVE_INFINITY, queueBytes: 8 * 1024 * 1024 },
    });
    assert.deepEqual(propagator.fields, ['traceparent', 'tracestate', 'baggage']);
  });

  it('take empty and blank variables for unset', () => {
    const blank = {
      OTEL_TRACES_SAMPLER: '',
      OTEL_BSP_SCHEDULE_DELAY: ' ',
      OTEL_PROPAGATORS: '',
      OTEL_SDK_DISABLED: '',
    };
    assert.equal(configOf({}, blank).batch.delayMs, 100);
  });
});

describe('a variable', () => {
  const cases: readonly [variables: Variables, read: (config: Config) => unknown, expected: unknown][] = [
    [{ OTEL_SDK_DISABLED: 'true' }, (config) => config.enabled, false],
    [{ OTEL_SDK_DISABLED: 'TRUE' }, (config) => config.enabled, false],
    [{ OTEL_SDK_DISABLED: 'false' }, (config) => config.enabled, true],
    [{ OTEL_SERVICE_NAME: 'shop' }, (config) => config.resource.attributes['service.name'], 'shop'],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'a=1, b%20c = d%2Ce ,service.version=9' },
      ({ resource: { attributes } }) => [attributes.a, attributes['b c'], attributes['service.version']],
      ['1', 'd,e', '9'],
    ],
    [{ OTEL_PROPAGATORS: 'baggage, TraceContext' }, (config) => config.propagator.fields[0], 'baggage'],
    [{ OTEL_PROPAGATORS: 'xray,cloudtrace' }, fieldsOf, [...XRAY, 'x-cloud-trace-context']],
    [{ OTEL_PROPAGATORS: 'none' }, (config) => config.propagator.fields, []],
    [{ OTEL_TRACES_EXPORTER: 'console,none,console' }, (config) => config.exporters, ['console', 'none']],
    [{ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5' }, (config) => config.limits.attributes, 5],
    [{ OTEL_ATTRIBUTE_COUNT_LIMIT: '6' }, (config) => config.limits.attributes, 6],
    [
      { OTEL_ATTRIBUTE_COUNT_LIMIT: '6', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5' },
      (config) => config.limits.attributes,
      5,
    ],
    [{ OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '7' }, (config) => config.limits.attributeLength, 7],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '8' }, (config) => config.limits.attributeLength, 8],
    [{ OTEL_SPAN_EVENT_COUNT_LIMIT: '0' }, (config) => config.limits.events, 0],
    [{ OTEL_SPAN_LINK_COUNT_LIMIT: '9' }, (config) => config.limits.links, 9],
    [{ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' }, (config) => config.batch.maxBatch, 10],
    [{ OTEL_BSP_SCHEDULE_DELAY: '11' }, (config) => config.batch.delayMs, 11],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: '12' }, ({ batch }) => [batch.queueSpans, batch.maxBatch], [12, 12]],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '13' }, (config) => config.batch.timeoutMs, 13],
    [
      { OTEL_EXPORTER_OTLP_TIMEOUT: '13', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '14' },
      (config) => config.batch.timeoutMs,
      14,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' },
      (config) => config.otlp.options.endpoint,
      'http://c:4318/v1/traces',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c/otel/' },
      (config) => config.otlp.options.endpoint,
      'http://c/otel/v1/traces',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'HTTPS://c?k=1' },
      (config) => config.otlp.options.endpoint,
      'https://c/v1/traces?k=1',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://d/spans' },
      (config) => config.otlp.options.endpoint,
      'http://d/spans',
    ],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b,x=1', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=2' },
      (config) => config.otlp.options.headers,
      { 'api-key': 'a b', x: '2' },
    ],
    [{ OTEL_BSP_EXPORT_TIMEOUT: '15' }, ({ batch }) => [batch.timeoutMs, batch.longestTimeoutMs], [10_000, 15]],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' },
      ({ otlp }) => [otlp.options.endpoint, otlp.isExact],
      ['http://c/', true],
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, ({ otlp }) => otlp.isExact, false],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317' },
      ({ otlp }) => [otlp.options.protocol, otlp.options.endpoint],
      ['grpc', 'http://c:4317/'],
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4317' },
      ({ otlp }) => [otlp.options.protocol, otlp.options.endpoint],
      ['grpc', 'https://c:4317/'],
    ],
    [
      {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4317',
        OTEL_EXPORTER_OTLP_INSECURE: 'true',
      },
      ({ otlp }) => otlp.options.endpoint,
      'http://c:4317/',
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, (config) => config.otlp.options.protocol, 'http/json'],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'HTTP/protobuf' },
      (config) => config.otlp.options.protocol,
      'http/protobuf',
    ],
    [{ OTEL_TRACES_EXPORTER: 'zipkin,otlp' }, (config) => config.exporters, ['zipkin', 'otlp']],
    [
      { OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://z:9411/api/v2/spans', OTEL_EXPORTER_ZIPKIN_TIMEOUT: '7' },
      (config) => config.zipkin,
      { endpoint: 'http://z:9411/api/v2/spans', timeoutMs: 7 },
    ],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }, (config) => config.otlp.options.compression, 'gzip'],
    [
      { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none' },
      (config) => config.otlp.options.compression,
      'none',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:/run/o.sock' }, (config) => config.otlp.options.endpoint, 'unix:/run/o.sock'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http+unix://%2Frun%2Fo.sock' },
      (config) => config.otlp.options.endpoint,
      'http+unix://%2Frun%2Fo.sock/v1/traces',
    ],
  ];
  for (const [variables, read, expected] of cases) {
    it(`is read: ${JSON.stringify(variables)}`, () => assert.deepEqual(read(configOf({}, variables)), expected));
  }

  const wrong: readonly [variables: Variables, warning: RegExp, read: (config: Config) => unknown, kept: unknown][] = [
    [{ OTEL_SDK_DISABLED: 'yes' }, /^OTEL_SDK_DISABLED must be true or false; its value is ignored$/, enabledOf, true],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_allways_on' },
      /^OTEL_TRACES_SAMPLER: "parentbased_allways_on" is not known here and is ignored; did you mean "parentbased_always_on"\?$/,
      enabledOf,
      true,
    ],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /known are always_on, always_off, traceidratio/, enabledOf, true],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, REMOTE_RULES, enabledOf, true],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_jaeger_remote' }, REMOTE_RULES, enabledOf, true],
    [{ OTEL_TRACES_SAMPLER: 'XRay' }, REMOTE_RULES, enabledOf, true],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '10%' },
      /^OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; its value is ignored$/,
      enabledOf,
      true,
    ],
    [{ OTEL_PROPAGATORS: 'b4,baggage' }, /^OTEL_PROPAGATORS: "b4" is not known here/, fieldsOf, ['baggage']],
    [{ OTEL_PROPAGATORS: 'ottrace,xray' }, /^OTEL_PROPAGATORS: "ottrace" is ignored: .*deprecated/, fieldsOf, XRAY],
    [{ OTEL_TRACES_EXPORTER: 'zipkn' }, /^OTEL_TRACES_EXPORTER: "zipkn"/, (config) => config.exporters, ['otlp']],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' },
      /^OTEL_RESOURCE_ATTRIBUTES must be a list of key=value; one entry/,
      aOf,
      '1',
    ],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=1,b=%' }, /one entry is ignored$/, aOf, '1'],
    [{ OTEL_SPAN_EVENT_COUNT_LIMIT: '-1' }, /must be a whole number, 0 or more/, (config) => config.limits.events, 128],
    [{ OTEL_BSP_SCHEDULE_DELAY: '1.5' }, /OTEL_BSP_SCHEDULE_DELAY/, (config) => config.batch.delayMs, 100],
    // Longer than a timer can be: Node would take it for 1 ms.
    [{ OTEL_BSP_SCHEDULE_DELAY: '9999999999' }, /0 to 2147483647/, (config) => config.batch.delayMs, 100],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '9999999999' }, /1 to 2147483647/, (config) => config.batch.timeoutMs, 10_000],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '0' }, /OTEL_EXPORTER_OTLP_TIMEOUT/, (config) => config.batch.timeoutMs, 10_000],
    [{ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '0' }, /1 or more/, (config) => config.batch.maxBatch, 512],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      /^OTEL_EXPORTER_OTLP_ENDPOINT must be an http.*; its value is ignored; did you mean "http:\/\/collector:4318"\?$/,
      endpointOf,
      undefined,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'user:secret@collector' },
      /^OTEL_EXPORTER_OTLP_ENDPOINT must be an http[^@]*; its value is ignored$/,
      endpointOf,
      undefined,
    ],
    [
      { OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'zipkin:9411' },
      /its value is ignored; did you mean "http:\/\/zipkin:9411"\?$/,
      (config) => config.zipkin.endpoint,
      undefined,
    ],
    [
      { OTEL_PROPAGATORS: 'w3c,baggage' },
      /^OTEL_PROPAGATORS: "w3c" is not known here and is ignored; did you mean "tracecontext"\?$/,
      (config) => config.propagator.fields,
      ['baggage'],
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'grpc://d' },
      /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be an http/,
      endpointOf,
      'http://c/v1/traces',
    ],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'a b=c,x-key=1' },
      /^OTEL_EXPORTER_OTLP_HEADERS must be a list of HTTP headers; one entry is ignored$/,
      (config) => config.otlp.options.headers,
      { 'x-key': '1' },
    ],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret%0d%0aevil: 1' },
      /^(?!.*secret)OTEL_EXPORTER_OTLP_HEADERS/,
      (config) => config.otlp.options.headers,
      {},
    ],
    [
      { OTEL_LOG_LEVEL: 'loud' },
      /^OTEL_LOG_LEVEL: "loud" is not known here and is ignored/,
      ({ enabled }) => enabled,
      true,
    ],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http' },
      /^OTEL_EXPORTER_OTLP_PROTOCOL: "http" is not known here/,
      ({ otlp }) => otlp.options.protocol,
      undefined,
    ],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/jsn' },
      /did you mean "http\/json"/,
      (config) => config.otlp.options.protocol,
      undefined,
    ],
    [
      { OTEL_EXPORTER_OTLP_COMPRESSION: 'br' },
      /COMPRESSION: "br" is not known/,
      (config) => config.otlp.options.compression,
      undefined,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:o.sock' },
      /^OTEL_EXPORTER_OTLP_ENDPOINT must be an http/,
      endpointOf,
      undefined,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:/a%zz' },
      /^OTEL_EXPORTER_OTLP_ENDPOINT must be an http/,
      endpointOf,
      undefined,
    ],
  ];
  for (const [variables, warning, read, kept] of wrong) {
    it(`is warned about and ignored when it is wrong: ${JSON.stringify(variables)}`, () => {
      const warnings = warningsOf(variables);
      assert.equal(warnings.length, 1, String(warnings));
      assert.match(String(warnings[0]), warning);
      assert.deepEqual(read(resolveConfig({}, variables, () => undefined)), kept);
    });
  }

  it('that is random never throws', () => {
    const names = [
      'SERVICE_NAME',
      'RESOURCE_ATTRIBUTES',
      'PROPAGATORS',
      'TRACES_EXPORTER',
      'TRACES_SAMPLER',
      'SDK_DISABLED',
    ];
    names.push(
      'EXPORTER_OTLP_ENDPOINT',
      'EXPORTER_OTLP_TRACES_ENDPOINT',
      'EXPORTER_OTLP_HEADERS',
      'EXPORTER_OTLP_PROTOCOL',
      'EXPORTER_OTLP_COMPRESSION',
      'EXPORTER_OTLP_CERTIFICATE',
      'EXPORTER_OTLP_CLIENT_KEY',
      'BSP_SCHEDULE_DELAY',
    );
    for (const value of [
      '=',
      ',,,',
      'a=b=c',
      '%',
      '\u0000',
      '🦊',
      '__proto__=1',
      '-0',
      'NaN',
      'http://',
      'x'.repeat(1e5),
    ]) {
      warningsOf(Object.fromEntries(names.map((name) => [`OTEL_${name}`, value])));
    }
    assert.equal(({} as Record<string, unknown>)['1'], undefined);
  });
});

describe('an option', () => {
  it('comes before the variable', () => {
    const exporter = memory();
    const options: StartOptions = {
      ...{ service: 'code', propagators: ['tracecontext'], sample: 0, exporters: exporter },
      limits: { attributes: 1, attributeLength: 2, events: 3, links: 4, openSpans: 5, openMs: 7, queueBytes: 6 },
    };
    const config = configOf(options, {
      ...{ OTEL_SERVICE_NAME: 'env', OTEL_PROPAGATORS: 'baggage', OTEL_TRACES_SAMPLER: 'always_on' },
      ...{ OTEL_TRACES_EXPORTER: 'console', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '9', OTEL_SPAN_LINK_COUNT_LIMIT: '9' },
      ...{ OTEL_SPAN_EVENT_COUNT_LIMIT: '9', OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9' },
    });
    assert.equal(config.resource.attributes['service.name'], 'code');
    assert.deepEqual(config.propagator.fields, ['traceparent', 'tracestate']);
    assert.equal(isSampled(config.sampler, 'f'.repeat(32), undefined), false);
    assert.deepEqual(config.exporters, [exporter]);
    assert.deepEqual(config.limits, options.limits);
    assert.equal(config.batch.queueBytes, 6);
  });

  it('may name propagators for each direction, or bring its own', () => {
    const own = { name: 'own', fields: ['x-own'], extract: () => undefined, inject: () => undefined };
    const config = configOf({ propagators: { extract: ['baggage', own], inject: [own, tracecontext, baggage] } });
    assert.deepEqual(config.propagator.fields, ['x-own', 'traceparent', 'tracestate', 'baggage']);
  });

  it('may be no exporter at all', () => {
    assert.deepEqual(configOf({ exporters: [] }).exporters, ['none']);
  });

  const wrong: readonly [options: unknown, message: string][] = [
    [{ servce: 'shop' }, 'start(): unknown option "servce"; did you mean "service"?'],
    [
      { colour: 1 },
      'start(): unknown option "colour"; known are service, version, environment, resource, propagators, randomFlag, propagateTo, sample, keep, metrics, exporters, spool, limits',
    ],
    [null, 'start(): expected an object of options, got null'],
    ['shop', 'start(): expected an object of options, got "shop"'],
    [{ service: '' }, 'start(): "service" must be a non-empty string, got ""'],
    [{ version: 1 }, 'start(): "version" must be a non-empty string, got 1'],
    [{ environment: {} }, 'start(): "environment" must be a non-empty string, got an object'],
    [{ resource: 'a=b' }, 'start(): "resource" must be an object of attributes, got "a=b"'],
    [{ sample: '10%' }, 'start(): "sample" must be a number from 0 to 1 or a list of rules, got "10%"'],
    [{ sample: 1.1 }, 'start(): "sample" must be a number from 0 to 1 or a list of rules, got 1.1'],
    [{ sample: Number.NaN }, 'start(): "sample" must be a number from 0 to 1 or a list of rules, got NaN'],
    [
      { sample: { route: '/health', rate: 0 } },
      'start(): "sample" must be a number from 0 to 1 or a list of rules, got an object; one rule stands in a list too: [{ route, rate }]',
    ],
    [
      { sample: [{ rate: 1 }, '/health'] },
      `start(): "sample[1]" must be a rule such as { route: '/health', rate: 0 }, got "/health"`,
    ],
    [{ sample: [{ ruote: '/a' }] }, 'start(): unknown option "sample[0].ruote"; did you mean "route"?'],
    [{ sample: [{ rate: 2 }] }, 'start(): "sample[0].rate" must be a number from 0 to 1, got 2'],
    [{ sample: [{ perSecond: -1 }] }, 'start(): "sample[0].perSecond" must be a number, 0 or more, got -1'],
    [{ sample: [{ method: 7 }] }, 'start(): "sample[0].method" must be a method such as "GET", got 7'],
    [
      { sample: [{ route: /a/ }] },
      'start(): "sample[0].route" must be a route template, with * for any characters, got a RegExp',
    ],
    [{ keep: true }, 'start(): "keep" must be an object such as { errors: true }, got true'],
    [{ keep: { error: true } }, 'start(): unknown option "keep.error"; did you mean "errors"?'],
    [{ keep: { errors: 1 } }, 'start(): "keep.errors" must be true or false, got 1'],
    ...['2 h', '1e3', 's', -1, Number.NaN, ''].map((slowerThan): [unknown, string] => [
      { keep: { slowerThan } },
      `start(): "keep.slowerThan" must be milliseconds or a time such as "500ms", got ${JSON.stringify(slowerThan) === 'null' ? 'NaN' : JSON.stringify(slowerThan)}`,
    ]),
    ...['6xx', 99, 600, 'error', 200.5].map((status): [unknown, string] => [
      { keep: { status: [404, status] } },
      `start(): "keep.status" must be a status code or such as "5xx", or a list of them, got ${JSON.stringify(status)}`,
    ]),
    [{ sample: null }, 'start(): "sample" must be a number from 0 to 1 or a list of rules, got null'],
    [
      { exporters: 'otpl' },
      'start(): "exporters" must be names of exporters or exporter objects, got "otpl"; did you mean "otlp"?',
    ],
    [
      { exporters: [{}] },
      'start(): "exporters" must be names of exporters or exporter objects, got an object; known are otlp, zipkin, console, file, none',
    ],
    [
      { propagators: ['tracecontex'] },
      'start(): "propagators" must be names of formats, or objects with extract and inject, got "tracecontex" in it; did you mean "tracecontext"?',
    ],
    [{ propagators: 'baggage' }, 'start(): "propagators" must be a list or { extract: [], inject: [] }, got "baggage"'],
    [
      { propagators: { extract: [], inject: [], injct: [] } },
      'start(): unknown option "propagators.injct"; did you mean "inject"?',
    ],
    [{ propagators: ['w3c'] }, 'got "w3c" in it; did you mean "tracecontext"?'],
    [{ propagators: ['zipkin'] }, 'got "zipkin" in it; did you mean "b3"?'],
    [{ exporters: 'redis' }, 'got "redis"; write redis({ client }) of throughline/redis'],
    [{ exporters: memory }, 'got a function; call it: an exporter is what the function returns'],
    [{ serviceName: 'shop' }, 'unknown option "serviceName"; did you mean "service"?'],
    [{ instrumentations: [] }, 'unknown option "instrumentations"; did you mean "instrument"?'],
    [{ endpoint: 'http://c' }, 'unknown option "endpoint"; it belongs to the exporter: exporters: otlp({ endpoint })'],
    [{ limits: [] }, 'start(): "limits" must be an object, got an array'],
    [{ redact: [] }, 'start(): "redact" must be an object, got an array'],
    [{ instrument: [] }, '"instrument" must be'],
    [{ keep: [] }, 'start(): "keep" must be an object such as { errors: true }, got an array'],
    [{ limits: 5 }, 'start(): "limits" must be an object, got 5'],
    [{ limits: { evnts: 5 } }, 'start(): unknown option "limits.evnts"; did you mean "events"?'],
    [{ limits: { events: -1 } }, 'start(): "limits.events" must be a whole number, 0 or more, got -1'],
    [{ limits: { links: '5' } }, 'start(): "limits.links" must be a whole number, 0 or more, got "5"'],
    [{ propagateTo: 'prvate' }, 'propagateTo'],
    [{ baggageAttribute: [] }, 'start(): unknown option "baggageAttribute"; did you mean "baggageAttributes"?'],
    [{ baggageAttributes: 'tenant' }, '"baggageAttributes" must be a list of names of baggage values, got "tenant"'],
    [{ baggageAttributes: ['a', 'b c'] }, 'must be a list of names of baggage values, got "b c" in it'],
    [{ baggageAttributes: [undefined] }, 'must be a list of names of baggage values, got undefined in it'],
  ];
  for (const [options, message] of wrong) {
    it(`that is wrong throws: ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => configOf(options as StartOptions),
        (error: unknown) => {
          assert.ok(error instanceof TypeError);
          assert.equal((error as { code?: string }).code, 'ERR_THROUGHLINE_OPTION');
          assert.ok(error.message.startsWith('start(): ') && error.message.includes(message), error.message);
          return true;
        },
      );
    });
  }
});

describe('the resource', () => {
  it('takes code before OTEL_SERVICE_NAME before OTEL_RESOURCE_ATTRIBUTES', () => {
    const list = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=list,team=a' };
    assert.equal(attributesOf({}, list)['service.name'], 'list');
    assert.equal(attributesOf({}, { ...list, OTEL_SERVICE_NAME: 'named' })['service.name'], 'named');
    const inCode = { service: 'code', resource: { 'service.name': 'attributes', team: 'b' } };
    const attributes = attributesOf(inCode, { ...list, OTEL_SERVICE_NAME: 'named' });
    assert.deepEqual([attributes['service.name'], attributes.team], ['code', 'b']);
    assert.equal(attributesOf({ resource: { 'service.name': 'attributes' } }, list)['service.name'], 'attributes');
  });

  it('says version and environment under their names', () => {
    const attributes = attributesOf({ version: '1.2.3', environment: 'production' });
    assert.deepEqual(
      [attributes['service.version'], attributes['deployment.environment.name']],
      ['1.2.3', 'production'],
    );
  });

  it('names this library, and each instance by a UUID of its own', () => {
    const [one, other] = [attributesOf({}), attributesOf({})];
    assert.deepEqual(
      [one['telemetry.sdk.name'], one['telemetry.sdk.language'], one['telemetry.sdk.version']],
      ['throughline', 'nodejs', version],
    );
    assert.match(
      String(one['service.instance.id']),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.notEqual(one['service.instance.id'], other['service.instance.id']);
  });

  it('bounds hostile attributes and leaves out what is none', () => {
    const resource = Object.defineProperty({ big: 'x'.repeat(1e6), none: {} }, 'bad', {
      enumerable: true,
      get: () => assert.fail('looked at'),
    });
    const { big, none, bad } = attributesOf({ resource: resource as never });
    assert.deepEqual([String(big).length, none, bad], [4096, undefined, undefined]);
  });

  it('finds name and version in the nearest package.json that names a package', () => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-resource-'));
    try {
      const deep = join(folder, 'dist', 'src');
      mkdirSync(deep, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{"name":"@acme/shop","version":"4.5.6"}');
      writeFileSync(join(folder, 'dist', 'package.json'), '{"type":"module"}');
      writeFileSync(join(deep, 'package.json'), 'not JSON');
      const { attributes } = resolveResource({}, new Environment({}, assert.fail), join(deep, 'main.js'));
      assert.deepEqual([attributes['service.name'], attributes['service.version']], ['@acme/shop', '4.5.6']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('falls back to unknown_service:node', () => {
    for (const script of ['/nowhere/at/all/main.js', '/']) {
      const { attributes } = resolveResource({}, new Environment({}, assert.fail), script);
      assert.deepEqual(
        [attributes['service.name'], attributes['service.version']],
        ['unknown_service:node', undefined],
      );
    }
  });
});

describe('the sampler', () => {
  /** The same trace ids in every run. */
  function seededTraceIds(count: number): string[] {
    let state = 42;
    const ids = idGenerator((pool) => {
      for (let at = 0; at < pool.length; at++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        pool[at] = state >>> 24;
      }
    });
    return Array.from({ length: count }, () => ids.traceId());
  }

  const samplerOf = (variables: Variables) => configOf({}, variables).sampler;
  const ids = seededTraceIds(20_000);

  for (const ratio of [0.1, 0.5]) {
    it(`keeps a share of ${ratio}, the same traces each time`, () => {
      const sampler = configOf({ sample: ratio }).sampler;
      const kept = ids.filter((id) => isSampled(sampler, id, undefined));
      assert.ok(Math.abs(kept.length / ids.length - ratio) < 0.01, String(kept.length));
      const again = configOf({ sample: ratio }).sampler;
      assert.deepEqual(
        ids.filter((id) => isSampled(again, id, undefined)),
        kept,
      );
    });
  }

  it('keeps at a higher share all that it keeps at a lower one', () => {
    const [low, high] = [configOf({ sample: 0.1 }).sampler, configOf({ sample: 0.5 }).sampler];
    for (const id of ids) assert.ok(!isSampled(low, id, undefined) || isSampled(high, id, undefined));
  });

  it('compares the right-most 56 bits with the threshold of OpenTelemetry', () => {
    const sampler = configOf({ sample: 0.5 }).sampler;
    const withBits = (bits: string) => 'f'.repeat(18) + bits;
    assert.equal(isSampled(sampler, withBits('7fffffffffffff'), undefined), false);
    assert.equal(isSampled(sampler, withBits('80000000000000'), undefined), true);
    const tiny = configOf({ sample: 2 ** -40 }).sampler;
    assert.equal(isSampled(tiny, withBits('ffffffffff0000'), undefined), true);
    assert.equal(isSampled(tiny, withBits('fffffffffeffff'), undefined), false);
  });

  it('keeps all or nothing at 1 and 0', () => {
    for (const id of ids.slice(0, 100)) {
      assert.equal(isSampled(configOf({ sample: 1 }).sampler, id, undefined), true);
      assert.equal(isSampled(configOf({ sample: 0 }).sampler, id, undefined), false);
    }
  });

  const named: readonly [name: string, arg: string, root: boolean, underDenied: boolean, underSampled: boolean][] = [
    ['always_on', '', true, true, true],
    ['always_off', '', false, false, false],
    ['traceidratio', '0', false, false, false],
    ['traceidratio', '1', true, true, true],
    ['parentbased_always_on', '', true, false, true],
    ['parentbased_always_off', '', false, false, true],
    ['parentbased_traceidratio', '0', false, false, true],
    ['PARENTBASED_TRACEIDRATIO', '', true, false, true],
  ];
  for (const [name, arg, root, underDenied, underSampled] of named) {
    it(`may be ${name}${arg === '' ? '' : ` of ${arg}`}`, () => {
      const sampler = samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg });
      const id = ids[0] ?? '';
      assert.deepEqual(
        [isSampled(sampler, id, undefined), isSampled(sampler, id, false), isSampled(sampler, id, true)],
        [root, underDenied, underSampled],
      );
    });
  }

  it('follows a caller that decided, whatever the share', async () => {
    const { tracer, finished, stats } = testTracer({ sample: 0 });
    const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isRemote: true };
    tracer.startSpan('kept', { parent: { ...context, traceFlags: 1 } }).end();
    tracer.startSpan('denied', { parent: { ...context, traceFlags: 0 } }).end();
    tracer.startSpan('ours', { parent: null }).end();
    assert.deepEqual(
      (await finished()).map((record) => record.name),
      ['kept'],
    );
    assert.equal(stats().sampledOut, 2);
  });
});

describe('OTEL_SDK_DISABLED', () => {
  const variables = { OTEL_SDK_DISABLED: 'true' };

  it('makes no spans', async () => {
    const { tracer, finished, stats } = testTracer({}, { variables });
    const span = tracer.startSpan('none', { parent: null }).tag('a', 1);
    span.child('none either').end();
    span.end();
    assert.equal(span.isRecording(), false);
    assert.deepEqual([await finished(), stats().started, stats().ended, stats().open], [[], 0, 0, 0]);
  });

  it('passes a context through as it came', () => {
    const { tracer } = testTracer({}, { variables });
    const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'a=b', baggage: 'c=d' };
    const getter = { get: (from: Variables, name: string) => from[name], keys: Object.keys };
    const remote = tracer.propagator.extract(headers, getter);
    assert.ok(remote);
    const around = tracer.passThrough(remote);
    assert.ok(around);
    const within = tracer.startSpan('handler', { parent: around });
    const out: Record<string, string> = {};
    function set(to: Record<string, string>, name: string, value: string): void {
      to[name] = value;
    }
    tracer.propagator.inject({ span: within.spanContext(), baggage: remote.baggage }, out, { set });
    assert.deepEqual(out, headers);
  });

  it('passes a deny without ids on, and makes up no parent for a decision to record', () => {
    const { tracer } = testTracer({ propagators: ['b3'] }, { variables });
    const getter = { get: (from: Variables, name: string) => from[name], keys: Object.keys };
    const pass = (b3: string) => {
      const remote = tracer.propagator.extract({ b3 }, getter);
      return remote && tracer.passThrough(remote)?.spanContext();
    };
    const out: string[] = [];
    const set = (to: string[], name: string, value: string) => to.push(name, value);
    tracer.propagator.inject({ span: pass('0'), baggage: undefined }, out, { set });
    assert.equal(out[0], 'b3');
    assert.match(out[1] ?? '', /^[0-9a-f]{32}-[0-9a-f]{16}-0$/);
    assert.deepEqual([pass('1'), pass('d')], [undefined, undefined]);
  });
});
