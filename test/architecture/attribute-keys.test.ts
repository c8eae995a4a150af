import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { listFiles, readText } from '../support/repository.ts';

/** The namespaces of the semantic conventions that this library writes or reads. */
const KEY_LITERAL =
  /'((?:aws|client|cloud|code|container|deployment|error|exception|faas|gcp|host|http|k8s|network|process|server|service|telemetry|url|user_agent)\.[a-z_.]+)'/g;

/** Names of Node's diagnostics channels, which look alike. */
const CHANNELS: readonly unknown[] = ['http.client.request.created', 'http.client.response.finish'];

/** As plain objects: the union of a thousand literal types is more than the compiler wants to hold. */
const conventions: readonly object[] = [stable, incubating];
const known = new Set<unknown>(conventions.flatMap((module) => Object.values(module)));

describe('attribute keys', () => {
  it('are those of the semantic conventions', () => {
    const unknown = ['src', 'middleware'].flatMap(listFiles).flatMap((path) =>
      [...readText(path).matchAll(KEY_LITERAL)]
        .map((match) => match[1])
        .filter((key) => !known.has(key) && !CHANNELS.includes(key))
        .map((key) => `${path}: ${key}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('are found in the sources at all', () => {
    const text = readText('src/core/settings/resource.ts');
    assert.ok([...text.matchAll(KEY_LITERAL)].some((match) => match[1] === 'service.name'));
  });
});
