import assert from 'node:assert/strict';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import type { SpanRecord } from 'throughline';

/** As plain objects: the union of a thousand literal types is more than the compiler wants to hold. */
const registries: readonly object[] = [stable, incubating];

/** Every key of the conventions. */
const KNOWN: ReadonlySet<unknown> = new Set(
  registries.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]) => (name.startsWith('ATTR_') ? [value] : [])),
  ),
);

/** Keys with a name of the app's in them (`http.request.header.<key>`), and ours. */
const TEMPLATES = /^(?:http\.(?:request|response)\.header\.[a-z0-9!#$%&'*+.^_`|~-]+|throughline\.[a-z_]+)$/;

/** The attributes that apps of tests set themselves. */
const APPS_OWN: ReadonlySet<string> = new Set(['tenant.id', 'tenant', 'list', 'app.status']);

/**
 * Holds a SERVER span to the HTTP semantic conventions (stable): asked of every one that a test of the
 * server records, whatever its framework and its ending.
 */
export function assertServerConventions({ name, kind, attributes, status, events }: SpanRecord): void {
  if (kind !== 'server') return;
  const where = `${name} ${JSON.stringify(attributes)}`;
  assertKeys(attributes, events);
  for (const required of [stable.ATTR_HTTP_REQUEST_METHOD, stable.ATTR_URL_PATH, stable.ATTR_URL_SCHEME]) {
    assert.equal(typeof attributes[required], 'string', `${required} is required: ${where}`);
  }
  assertNamed(name, attributes, where);
  assertOutcome(attributes, status, where);
  const { 'server.address': address, 'server.port': port, 'url.path': path, 'url.query': query } = attributes;
  assert.equal(port !== undefined, address !== undefined, `server.port comes with server.address: ${where}`);
  assert.ok(!String(path).includes('?') && !String(query ?? '').startsWith('?'), where);
}

/** The stages that a client tells of a request on its way, each an event of its span. */
const STAGES: ReadonlySet<string> = new Set([
  'connection reused',
  'dns',
  'connected',
  'tls',
  'informational response',
  'response head',
]);

/** The same for a CLIENT span: asked of every one that a test of a client records, whatever the client and the outcome. */
export function assertClientConventions(record: SpanRecord): void {
  const { name, kind, attributes, events, scope } = record;
  if (kind !== 'client' || !scope.name.startsWith('throughline/')) return;
  const where = `${name} ${JSON.stringify(attributes)}`;
  assertKeys(attributes, events);
  assert.equal(typeof attributes[stable.ATTR_HTTP_REQUEST_METHOD], 'string', where);
  const { 'server.address': address, 'server.port': port, 'url.full': url } = attributes;
  assert.equal(typeof port, address === undefined ? 'undefined' : 'number', `server.port is required: ${where}`);
  // Without a URL only where a client of the app's own making knows it, or none that can be sent.
  if (url === undefined) assert.equal(address, undefined, `url.full is required: ${where}`);
  else assert.match(String(url), /^https?:\/\/(?:REDACTED:REDACTED@)?[^/@]+\//, where);
  const { 'http.request.resend_count': resendCount } = attributes;
  assert.ok(resendCount === undefined || (Number.isInteger(resendCount) && Number(resendCount) > 0), where);
  assertNamed(name, attributes, where); // no `url.template`: the method alone
  assertClientOutcome(record, where);
}

/** 4xx and 5xx are errors, and need no description; what else failed has one exception. A cancellation is none. */
function assertClientOutcome({ attributes, status, events }: SpanRecord, where: string): void {
  const { 'http.response.status_code': code, 'error.type': type, 'throughline.ending': ending } = attributes;
  assert.notEqual(status.code, 'ok', where);
  assert.equal(type !== undefined, status.code === 'error', `error.type says what failed: ${where}`);
  const isByCode = code !== undefined && Number(code) >= 400;
  if (isByCode) assert.equal(type, String(code), where);
  else if (ending === 'cancelled') assert.equal(type, undefined, where);
  const failures = type !== undefined && !isByCode ? 1 : 0;
  assert.equal(events.filter((event) => event.name === 'exception').length, failures, where);
  if (failures === 0) assert.equal(status.message, undefined, where);
  for (const event of events) assert.ok(event.name === 'exception' || STAGES.has(event.name), event.name);
}

/** All of them are in the registry, or ours. */
function assertKeys(attributes: SpanRecord['attributes'], events: SpanRecord['events']): void {
  for (const key of Object.keys(attributes)) {
    assert.ok(KNOWN.has(key) || TEMPLATES.test(key) || APPS_OWN.has(key), `${key} is no key of the conventions`);
  }
  for (const event of events) {
    if (event.name !== 'exception' && !STAGES.has(event.name)) continue; // the app's own
    for (const key of Object.keys(event.attributes)) assert.ok(KNOWN.has(key), `${key} of "${event.name}"`);
  }
}

/** `{method} {http.route}`, `HTTP` for a method that nobody knows, and never the path. */
function assertNamed(name: string, attributes: SpanRecord['attributes'], where: string): void {
  const { 'http.request.method': method, 'http.request.method_original': original, 'http.route': route } = attributes;
  assert.equal(original !== undefined, method === '_OTHER', `method_original is there for _OTHER alone: ${where}`);
  const word = method === '_OTHER' ? 'HTTP' : String(method);
  assert.equal(name, (route === undefined ? word : `${word} ${route}`).slice(0, 256), where);
}

/** 5xx is an error, 4xx is none; `error.type` is there exactly then, without a description. */
function assertOutcome(attributes: SpanRecord['attributes'], status: SpanRecord['status'], where: string): void {
  const { 'http.response.status_code': code, 'error.type': type } = attributes;
  assert.notEqual(status.code, 'ok', where);
  assert.equal(status.message, undefined, where);
  assert.equal(type !== undefined, status.code === 'error', `error.type says what failed: ${where}`);
  if (code === undefined) return;
  assert.ok(Number.isInteger(code) && Number(code) >= 100 && Number(code) <= 599, where);
  if (Number(code) >= 500) assert.equal(type, String(code), where);
  else if (attributes['throughline.ending'] === undefined) assert.equal(status.code, 'unset', where);
}
