import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { v4 as uuid } from 'uuid';
import { noteFault } from '../diagnostics.ts';
import { copyAttributes, DEFAULT_LIMITS } from '../limits.ts';
import type { Attributes, Resource } from '../record.ts';
import { version } from '../version.ts';
import type { Environment } from './environment.ts';
import { describePlatform, type ReadText, readBeginning } from './platform.ts';

/** The service, as `start()` was told about it. */
export interface ServiceIdentity {
  readonly service?: string | undefined;
  readonly version?: string | undefined;
  readonly environment?: string | undefined;
  readonly resource?: Attributes | undefined;
}

/**
 * The resource of this process: code before environment before defaults. The name falls back to the
 * nearest package.json's above the main script, then to `unknown_service:node` as OpenTelemetry has it.
 */
export function resolveResource(
  identity: ServiceIdentity,
  environment: Environment,
  mainScript: string | undefined = process.argv[1],
  readText: ReadText = readBeginning,
): Resource {
  const found = nearestPackage(mainScript);
  const attributes: Attributes = {
    'service.name': found.name ?? 'unknown_service:node',
    'service.instance.id': uuid(),
    'telemetry.sdk.name': 'throughline',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
    ...describeHost(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    ...(found.version === undefined ? {} : { 'service.version': found.version }),
    ...describePlatform(environment, readText),
    ...environment.pairs('OTEL_RESOURCE_ATTRIBUTES'),
    ...named('service.name', environment.text('OTEL_SERVICE_NAME')),
    ...copyAttributes(identity.resource, DEFAULT_LIMITS).attributes,
    ...named('service.name', identity.service),
    ...named('service.version', identity.version),
    ...named('deployment.environment.name', identity.environment),
  };
  return { attributes };
}

/** A host with containers can have hundreds of addresses; the first few say which machine it was. */
const MAX_ADDRESSES = 16;

/** Facts that the operating system refuses to say (no rights to list interfaces, as in some sandboxes) are left out. */
function describeHost(): Attributes {
  const attributes: Attributes = {};
  try {
    attributes['host.name'] = hostname();
    const addresses = outsideAddresses();
    if (addresses.length > 0) attributes['host.ip'] = addresses;
  } catch (error) {
    noteFault('host attributes', error);
  }
  return attributes;
}

/** `host.ip`: "Available IP addresses of the host, excluding loopback interfaces" (semantic conventions, host). */
function outsideAddresses(): string[] {
  const found = new Set<string>();
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, internal } of addresses ?? []) if (!internal) found.add(address);
  }
  return [...found].slice(0, MAX_ADDRESSES);
}

function named(key: string, value: string | undefined): Attributes {
  return value === undefined ? {} : { [key]: value };
}

/** Name and version of the package that holds the main script; a missing or broken file says nothing. */
function nearestPackage(mainScript: string | undefined): { name?: string; version?: string } {
  if (mainScript === undefined) return {};
  let folder = dirname(mainScript);
  for (;;) {
    const found = readPackage(join(folder, 'package.json'));
    if (found !== undefined) return found;
    const above = dirname(folder);
    if (above === folder) return {};
    folder = above;
  }
}

function readPackage(path: string): { name?: string; version?: string } | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof name !== 'string') return undefined;
    return typeof version === 'string' ? { name, version } : { name };
  } catch {
    return undefined;
  }
}
