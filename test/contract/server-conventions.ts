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

/** What apps of tests set themselves. */
const APPS_OWN: ReadonlySet<string> = new Set(['tenant.id', 'tenant', 'list', 'app.status']);

/**
 * Holds a SERVER span to the HTTP semantic conventions (stable): asked of every one that a test of the
 * server records, whatever its framework and its ending.
 */
export function assertServerConventions({ name, kind, attributes, status, events }: SpanRecord): void {
  if (kind !== 'server') return;
  const where = `${name} ${JSON.stringify(attributes)}`;
  for (const key of Object.keys(attributes)) {
    assert.ok(KNOWN.has(key) || TEMPLATES.test(key) || APPS_OWN.has(key), `${key} is no key of the conventions`);
  }
  for (const event of events) {
    if (event.name !== 'exception') continue;
    for (const key of Object.keys(event.attributes)) assert.ok(KNOWN.has(key), `${key} of an exception`);
  }
  for (const required of [stable.ATTR_HTTP_REQUEST_METHOD, stable.ATTR_URL_PATH, stable.ATTR_URL_SCHEME]) {
    assert.equal(typeof attributes[required], 'string', `${required} is required: ${where}`);
  }
  assertNamed(name, attributes, where);
  assertOutcome(attributes, status, where);
  const { 'server.address': address, 'server.port': port, 'url.path': path, 'url.query': query } = attributes;
  assert.equal(port !== undefined, address !== undefined, `server.port comes with server.address: ${where}`);
  assert.ok(!String(path).includes('?') && !String(query ?? '').startsWith('?'), where);
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
