import { closeSync, openSync, readSync } from 'node:fs';
import { noteFault } from '../diagnostics.ts';
import type { Attributes } from '../record.ts';
import type { Environment } from './environment.ts';

/** Reads a small file as text; undefined where there is none. Never throws. */
export type ReadText = (path: string) => string | undefined;

/** More than any of these files has in a container; a host's table of mounts may be longer, and is cut. */
const MOST_BYTES = 64 * 1024;

/** The beginning of a file, as far as it can be read. */
export function readBeginning(path: string): string | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(MOST_BYTES);
      let length = 0;
      for (let read = 1; read > 0 && length < MOST_BYTES; length += read) {
        read = readSync(file, buffer, length, MOST_BYTES - length, null);
      }
      return buffer.toString('utf8', 0, length);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined; // not this platform
  }
}

/**
 * Resource attributes of the place the process runs in (container, Kubernetes, Lambda, ECS, Cloud Run, Azure), from the
 * environment and files alone: no network, since a metadata server that does not answer would hold up a start. Empty
 * where nothing is known.
 */
export function describePlatform(environment: Environment, readText: ReadText): Attributes {
  try {
    const container = containerOf(readText);
    return defined({
      'container.id': container.id,
      ...kubernetes(environment, readText, container.podUid),
      ...(lambda(environment) ?? ecs(environment, readText) ?? cloudRun(environment) ?? azure(environment)),
    });
  } catch (error) {
    noteFault('platform attributes', error);
    return {};
  }
}

interface Container {
  readonly id: string | undefined;
  readonly podUid: string | undefined;
}

/** Docker, containerd, CRI-O and podman: 64 hex digits; ECS on Fargate: `<32 hex>-<digits>`. */
const ID = '([0-9a-f]{64}|[0-9a-f]{32}-\\d{8,12})';
/** `…/docker-<id>.scope`, `…/kubepods/burstable/pod<uid>/<id>`, `…/ecs/<task>/<id>`: cgroup v1, and v2 without a namespace. */
const IN_CGROUP = new RegExp(`[/:-]${ID}(?:\\.scope)?$`, 'm');
/** `…/docker/containers/<id>/hostname …`, `…/overlay-containers/<id>/userdata/hostname …`: where v2 hides the cgroup. */
const IN_MOUNTS = new RegExp(`/(?:overlay-)?containers/${ID}/`);
const UID = '[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}';
/** `kubepods-pod<uid>.slice` with underscores, `kubepods/pod<uid>`, `/var/lib/kubelet/pods/<uid>/`. */
const POD = new RegExp(`(?:pod|/pods/)(${UID})`);

function containerOf(readText: ReadText): Container {
  const cgroup = readText('/proc/self/cgroup') ?? '';
  const id = IN_CGROUP.exec(cgroup)?.[1];
  const pod = POD.exec(cgroup)?.[1];
  if (id !== undefined) return { id, podUid: uidOf(pod) };
  const mounts = readText('/proc/self/mountinfo') ?? '';
  return { id: IN_MOUNTS.exec(mounts)?.[1], podUid: uidOf(pod ?? POD.exec(mounts)?.[1]) };
}

function uidOf(found: string | undefined): string | undefined {
  return found?.replaceAll('_', '-');
}

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** The downward API sets what a manifest names as it likes; these names are the usual ones, and are believed in a pod alone. */
function kubernetes(environment: Environment, readText: ReadText, podUid: string | undefined): Attributes {
  if (environment.text('KUBERNETES_SERVICE_HOST') === undefined) return {};
  const first = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = environment.text(`K8S_${name}`) ?? environment.text(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  return {
    'k8s.pod.name': first('POD_NAME') ?? environment.text('HOSTNAME'),
    'k8s.pod.uid': first('POD_UID') ?? podUid,
    'k8s.namespace.name': first('NAMESPACE_NAME', 'POD_NAMESPACE', 'NAMESPACE') ?? line(readText(NAMESPACE_FILE)),
    'k8s.node.name': first('NODE_NAME'),
    'k8s.container.name': first('CONTAINER_NAME'),
    'k8s.deployment.name': first('DEPLOYMENT_NAME'),
    'k8s.cluster.name': first('CLUSTER_NAME'),
  };
}

/** One short line, such as a namespace. */
function line(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed !== undefined && /^\S{1,253}$/.test(trimmed) ? trimmed : undefined;
}

function lambda(environment: Environment): Attributes | undefined {
  const name = environment.text('AWS_LAMBDA_FUNCTION_NAME');
  if (name === undefined) return undefined;
  const megabytes = whole(environment.text('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'));
  const logGroup = environment.text('AWS_LAMBDA_LOG_GROUP_NAME');
  return {
    ...cloud('aws', 'aws_lambda', environment.text('AWS_REGION')),
    'faas.name': name,
    'faas.version': environment.text('AWS_LAMBDA_FUNCTION_VERSION'),
    'faas.instance': environment.text('AWS_LAMBDA_LOG_STREAM_NAME'),
    'faas.max_memory': megabytes === undefined ? undefined : megabytes * 1024 * 1024,
    'aws.log.group.names': logGroup === undefined ? undefined : [logGroup],
  };
}

/** More about ECS is behind its metadata endpoint, and in a file where the agent writes one. */
function ecs(environment: Environment, readText: ReadText): Attributes | undefined {
  const runner = environment.text('AWS_EXECUTION_ENV') ?? '';
  const isEcs =
    runner.startsWith('AWS_ECS') ||
    environment.text('ECS_CONTAINER_METADATA_URI_V4') !== undefined ||
    environment.text('ECS_CONTAINER_METADATA_URI') !== undefined;
  if (!isEcs) return undefined;
  const launchType = runner === 'AWS_ECS_FARGATE' ? 'fargate' : runner === 'AWS_ECS_EC2' ? 'ec2' : undefined;
  const file = environment.text('ECS_CONTAINER_METADATA_FILE');
  return {
    ...cloud('aws', 'aws_ecs', environment.text('AWS_REGION')),
    'aws.ecs.launchtype': launchType,
    ...(file === undefined ? {} : ecsFile(readText(file))),
  };
}

function ecsFile(text: string | undefined): Attributes {
  const given = parsedObject(text);
  const textAt = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    'container.id': textAt('ContainerID'),
    'container.name': textAt('ContainerName'),
    'aws.ecs.task.arn': textAt('TaskARN'),
    'aws.ecs.task.family': textAt('TaskDefinitionFamily'),
    'aws.ecs.task.revision': textAt('TaskDefinitionRevision'),
  };
}

function parsedObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {}; // half-written: the agent writes it while the container starts
  }
}

function cloudRun(environment: Environment): Attributes | undefined {
  const service = environment.text('K_SERVICE');
  const job = environment.text('CLOUD_RUN_JOB');
  if (service === undefined && job === undefined) return undefined;
  const isFunction = environment.text('FUNCTION_TARGET') !== undefined;
  const account = environment.text('GOOGLE_CLOUD_PROJECT');
  return {
    ...cloud('gcp', isFunction ? 'gcp_cloud_functions' : 'gcp_cloud_run', undefined),
    'cloud.account.id': account,
    'faas.name': service ?? job,
    'faas.version': environment.text('K_REVISION'),
    'gcp.cloud_run.job.execution': environment.text('CLOUD_RUN_EXECUTION'),
    'gcp.cloud_run.job.task_index': whole(environment.text('CLOUD_RUN_TASK_INDEX')),
  };
}

function azure(environment: Environment): Attributes | undefined {
  const site = environment.text('WEBSITE_SITE_NAME');
  if (site === undefined) return undefined;
  const region = environment.text('REGION_NAME');
  const resource = { 'cloud.resource_id': azureResource(environment, site) };
  if (environment.text('FUNCTIONS_EXTENSION_VERSION') === undefined) {
    return {
      ...cloud('azure', 'azure.app_service', region),
      ...resource,
      'deployment.environment.name': environment.text('WEBSITE_SLOT_NAME'),
      'host.id': environment.text('WEBSITE_HOSTNAME'),
    };
  }
  const megabytes = whole(environment.text('WEBSITE_MEMORY_LIMIT_MB'));
  return {
    ...cloud('azure', 'azure.functions', region),
    ...resource,
    'faas.name': site,
    'faas.instance': environment.text('WEBSITE_INSTANCE_ID'),
    'faas.max_memory': megabytes === undefined ? undefined : megabytes * 1024 * 1024,
  };
}

/** `WEBSITE_OWNER_NAME` is `<subscription>+<group>-<region>webspace…`. */
function azureResource(environment: Environment, site: string): string | undefined {
  const group = environment.text('WEBSITE_RESOURCE_GROUP');
  const owner = environment.text('WEBSITE_OWNER_NAME');
  const subscription = owner?.split('+', 1)[0];
  if (group === undefined || subscription === undefined) return undefined;
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Web/sites/${site}`;
}

function cloud(provider: string, platform: string, region: string | undefined): Attributes {
  return { 'cloud.provider': provider, 'cloud.platform': platform, 'cloud.region': region };
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Longer values are of no platform. */
const LONGEST = 1024;

function defined(attributes: Attributes): Attributes {
  const kept = Object.entries(attributes).filter(
    ([, value]) => value !== undefined && (typeof value !== 'string' || value.length <= LONGEST),
  );
  return Object.fromEntries(kept);
}
