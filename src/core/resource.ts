import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { v4 as uuid } from 'uuid';
import type { Environment } from './environment.ts';
import { copyAttributes, DEFAULT_LIMITS } from './limits.ts';
import type { Attributes, Resource } from './record.ts';
import { version } from './version.ts';

/** What `start()` was told about the service. */
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
): Resource {
  const found = nearestPackage(mainScript);
  const attributes: Attributes = {
    'service.name': found.name ?? 'unknown_service:node',
    'service.instance.id': uuid(),
    'telemetry.sdk.name': 'throughline',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
    ...(found.version === undefined ? {} : { 'service.version': found.version }),
    ...environment.pairs('OTEL_RESOURCE_ATTRIBUTES'),
    ...named('service.name', environment.text('OTEL_SERVICE_NAME')),
    ...copyAttributes(identity.resource, DEFAULT_LIMITS).attributes,
    ...named('service.name', identity.service),
    ...named('service.version', identity.version),
    ...named('deployment.environment.name', identity.environment),
  };
  return { attributes };
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
