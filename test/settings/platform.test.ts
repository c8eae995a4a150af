import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Environment } from '../../src/core/settings/environment.ts';
import { describePlatform, readBeginning } from '../../src/core/settings/platform.ts';
import { resolveResource } from '../../src/core/settings/resource.ts';

type Files = Readonly<Record<string, string>>;

function platformOf(variables: Files, files: Files = {}): object {
  return describePlatform(new Environment(variables, assert.fail), (path) => files[path]);
}

const ID = `${'a'.repeat(63)}7`;
const UID = '0f6c9a3e-1c2d-4e5f-8a9b-0c1d2e3f4a5b';
const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };

describe('the container', () => {
  const cgroups: readonly [where: string, text: string, expected: object][] = [
    ['Docker, cgroup v1', `13:name=systemd:/docker/${ID}\n12:pids:/docker/${ID}\n`, { 'container.id': ID }],
    ['Docker, systemd', `0::/system.slice/docker-${ID}.scope\n`, { 'container.id': ID }],
    ['Kubernetes, v1', `1:cpu:/kubepods/burstable/pod${UID}/${ID}\n`, { 'container.id': ID }],
    [
      'containerd',
      `0::/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
      { 'container.id': ID },
    ],
    ['CRI-O', `0::/kubepods.slice/crio-${ID}.scope`, { 'container.id': ID }],
    [
      'Fargate',
      `1:cpu:/ecs/${'b'.repeat(32)}/${'b'.repeat(32)}-1234567890\n`,
      { 'container.id': `${'b'.repeat(32)}-1234567890` },
    ],
    ['no container', '0::/user.slice/user-1000.slice/session-2.scope\n', {}],
    ['a namespace of its own', '0::/\n', {}],
  ];
  for (const [where, cgroup, expected] of cgroups) {
    it(`is known by its cgroup: ${where}`, () => {
      assert.deepEqual(platformOf({}, { '/proc/self/cgroup': cgroup }), expected);
    });
  }

  it('is known by its mounts where the cgroup is hidden', () => {
    const mounts = [
      `622 592 0:47 / /etc/resolv.conf rw - ext4 /var/lib/docker/containers/${ID}/resolv.conf rw`,
      `624 592 254:1 /docker/containers/${ID}/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw`,
    ].join('\n');
    const files = { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': mounts };
    assert.deepEqual(platformOf({}, files), { 'container.id': ID });
    // The sandbox of a pod is a container of its own, not ours.
    const sandbox = `1 2 0:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname /etc/hostname rw`;
    assert.deepEqual(platformOf({}, { '/proc/self/mountinfo': sandbox }), {});
  });
});

describe('the platform', () => {
  it('is Kubernetes, by the downward API, the namespace file and the cgroup', () => {
    const files = {
      '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'shop\n',
      '/proc/self/mountinfo': `1 2 8:1 /var/lib/kubelet/pods/${UID}/etc-hosts /etc/hosts rw`,
    };
    assert.deepEqual(platformOf({ ...POD, HOSTNAME: 'shop-5d9-x', NODE_NAME: 'node-1' }, files), {
      'k8s.pod.name': 'shop-5d9-x',
      'k8s.pod.uid': UID,
      'k8s.namespace.name': 'shop',
      'k8s.node.name': 'node-1',
    });
    const named = { POD_NAME: 'p', K8S_POD_UID: 'u', POD_NAMESPACE: 'n', CONTAINER_NAME: 'c', K8S_CLUSTER_NAME: 'k' };
    assert.deepEqual(platformOf({ ...POD, HOSTNAME: 'other', ...named }, files), {
      'k8s.pod.name': 'p',
      'k8s.pod.uid': 'u',
      'k8s.namespace.name': 'n',
      'k8s.container.name': 'c',
      'k8s.cluster.name': 'k',
    });
    assert.deepEqual(
      platformOf({ POD_NAME: 'p', NODE_NAME: 'n' }),
      {},
      'outside of a cluster these names mean nothing',
    );
  });

  const places: readonly [place: string, variables: Files, expected: object][] = [
    [
      'Lambda',
      {
        AWS_LAMBDA_FUNCTION_NAME: 'fn',
        AWS_LAMBDA_FUNCTION_VERSION: '7',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/fn',
        AWS_LAMBDA_LOG_STREAM_NAME: '2026/[7]ab',
        AWS_REGION: 'eu-west-1',
      },
      {
        ...{ 'cloud.provider': 'aws', 'cloud.platform': 'aws_lambda', 'cloud.region': 'eu-west-1' },
        ...{ 'faas.name': 'fn', 'faas.version': '7', 'faas.instance': '2026/[7]ab', 'faas.max_memory': 134_217_728 },
        'aws.log.group.names': ['/aws/lambda/fn'],
      },
    ],
    [
      'ECS on Fargate',
      { AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE', AWS_REGION: 'eu-west-1' },
      {
        ...{ 'cloud.provider': 'aws', 'cloud.platform': 'aws_ecs', 'cloud.region': 'eu-west-1' },
        'aws.ecs.launchtype': 'fargate',
      },
    ],
    [
      'Cloud Run',
      { K_SERVICE: 'shop', K_REVISION: 'shop-00007', GOOGLE_CLOUD_PROJECT: 'acme' },
      {
        ...{ 'cloud.provider': 'gcp', 'cloud.platform': 'gcp_cloud_run', 'cloud.account.id': 'acme' },
        ...{ 'faas.name': 'shop', 'faas.version': 'shop-00007' },
      },
    ],
    [
      'a job of Cloud Run',
      { CLOUD_RUN_JOB: 'nightly', CLOUD_RUN_EXECUTION: 'nightly-x', CLOUD_RUN_TASK_INDEX: '3' },
      {
        ...{ 'cloud.provider': 'gcp', 'cloud.platform': 'gcp_cloud_run', 'faas.name': 'nightly' },
        ...{ 'gcp.cloud_run.job.execution': 'nightly-x', 'gcp.cloud_run.job.task_index': 3 },
      },
    ],
    [
      'Azure App Service',
      {
        ...{ WEBSITE_SITE_NAME: 'shop', REGION_NAME: 'West Europe', WEBSITE_SLOT_NAME: 'Production' },
        ...{ WEBSITE_RESOURCE_GROUP: 'rg', WEBSITE_OWNER_NAME: 'sub-1+rg-WestEuropewebspace' },
      },
      {
        ...{ 'cloud.provider': 'azure', 'cloud.platform': 'azure.app_service', 'cloud.region': 'West Europe' },
        'cloud.resource_id': '/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.Web/sites/shop',
        'deployment.environment.name': 'Production',
      },
    ],
    [
      'Azure Functions',
      {
        WEBSITE_SITE_NAME: 'fn',
        FUNCTIONS_EXTENSION_VERSION: '~4',
        WEBSITE_INSTANCE_ID: 'i',
        WEBSITE_MEMORY_LIMIT_MB: '1536',
      },
      {
        ...{ 'cloud.provider': 'azure', 'cloud.platform': 'azure.functions', 'faas.name': 'fn' },
        ...{ 'faas.instance': 'i', 'faas.max_memory': 1_610_612_736 },
      },
    ],
    ['none of them', {}, {}],
  ];
  for (const [place, variables, expected] of places) {
    it(`is ${place}`, () => assert.deepEqual(platformOf(variables), expected));
  }

  it('is ECS with what the agent wrote to its file, also when that is half-written', () => {
    const variables = { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', ECS_CONTAINER_METADATA_FILE: '/m.json' };
    const text = JSON.stringify({
      ContainerID: ID,
      ContainerName: 'shop',
      TaskARN: 'arn:t',
      TaskDefinitionFamily: 'f',
    });
    const ec2 = { 'cloud.provider': 'aws', 'cloud.platform': 'aws_ecs', 'aws.ecs.launchtype': 'ec2' };
    assert.deepEqual(platformOf(variables, { '/m.json': text }), {
      ...ec2,
      ...{ 'container.id': ID, 'container.name': 'shop', 'aws.ecs.task.arn': 'arn:t', 'aws.ecs.task.family': 'f' },
    });
    assert.deepEqual(platformOf(variables, { '/m.json': text.slice(0, 40) }), ec2);
  });

  it('gives way to what OTEL_RESOURCE_ATTRIBUTES and code say', () => {
    const variables = { K_SERVICE: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'faas.name=mine,cloud.region=here' };
    const environment = new Environment(variables, assert.fail);
    const { attributes } = resolveResource(
      { resource: { 'cloud.provider': 'own' } },
      environment,
      undefined,
      () => undefined,
    );
    assert.deepEqual(
      ['faas.name', 'cloud.region', 'cloud.provider', 'cloud.platform'].map((key) => attributes[key]),
      ['mine', 'here', 'own', 'gcp_cloud_run'],
    );
  });

  it('survives whatever the files hold', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constant('/'.repeat(65_536)),
      fc.constant('a'.repeat(65_536)),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const files = new Proxy({}, { get: () => text }) as Files;
        platformOf({ ...POD, ECS_CONTAINER_METADATA_URI_V4: 'x', ECS_CONTAINER_METADATA_FILE: '/f' }, files);
      }),
      { seed: 5 },
    );
  });

  it('reads the beginning of a file, and nothing of one that is not there', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'long'), 'x'.repeat(100_000));
    assert.equal(readBeginning(join(folder, 'long'))?.length, 65_536);
    assert.equal(readBeginning(join(folder, 'none')), undefined);
    assert.equal(readBeginning(folder), undefined);
  });
});
