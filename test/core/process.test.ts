import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Collector, type CollectorAnswer, collector } from 'throughline/test';
import { assertCounterLaw } from '../contract/checks/counter-law.ts';
import { leftSpans } from '../pipeline/left-spans.ts';
import { temporaryFolder } from '../pipeline/spool-folder.ts';
import { childEnvironment, runNode } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { repositoryRoot } from '../support/repository.ts';

type Variables = Readonly<Record<string, string>>;

/** No measure of speed: what takes longer hangs, however busy the machine is. */
const LONGEST_MS = 60_000;

/** Runs a module to its end. `status` is null for one that had to be killed, because something kept it. */
async function runModule(source: string, variables: Variables = {}) {
  const { status, stdout, stderr } = await runNode(['--input-type=module', '--eval', source], {
    variables,
    timeoutMs: LONGEST_MS,
  });
  return { status, lines: stdout.trim().split('\n'), said: stderr.split('\n').filter((line) => line !== '') };
}

/** A service without `start()`: one request to itself, then nothing to do. */
const SERVICE = `
  import { createServer } from 'node:http';
  import { tracing } from 'throughline';
  const server = createServer(tracing.handler((req, res) => res.end('hello')));
  server.listen(0, '127.0.0.1', async () => {
    const response = await fetch('http://127.0.0.1:' + server.address().port + '/greet');
    console.log(response.status, await response.text());
    server.closeAllConnections();
    server.close();
  });
`;

/** Ten spans by hand, then what became of them once the collector has been heard, or else after a tenth of a second. */
const SCRIPT = `
  import { setTimeout as pause } from 'node:timers/promises';
  import { span, start } from 'throughline';
  const throughline = start();
  for (let i = 0; i < 10; i++) span('work ' + i, () => i);
  void throughline.flush();
  const isHeard = () => process.env.ANSWER === 'none' || throughline.stats().lastError !== undefined;
  do await pause(process.env.ANSWER === 'none' ? 100 : 2); while (!isHeard());
  console.log(JSON.stringify(throughline.stats()));
`;

let backend: Collector;
before(async () => {
  backend = await collector();
});
after(() => backend.close());
beforeEach(() => {
  backend.respond(undefined);
  backend.reset();
});

const toBackend = (): Variables => ({ OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_SERVICE_NAME: 'shop' });

/** An address where nobody listens. */
async function deadEndpoint(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

async function listen(onConnection: (socket: import('node:net').Socket) => void): Promise<Server> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a service without start()', () => {
  /** Without a spool a process that ends waits longest for the answer, which is what makes the line. */
  const heard = (): Variables => ({ ...toBackend(), THROUGHLINE_SPOOL: 'off' });

  it('sends its spans to OTEL_EXPORTER_OTLP_ENDPOINT and says so in one line', async () => {
    const { status, lines, said } = await runModule(SERVICE, heard());
    assert.deepEqual([status, lines[0]], [0, '200 hello']);
    assert.deepEqual(said, [`throughline: sending spans to ${backend.url}/v1/traces`]);
    const [request, ...more] = backend.spans;
    assert.deepEqual([request?.kind, request?.attributes['url.path'], more.length], ['server', '/greet', 0]);
    assert.equal(request?.resource.attributes['service.name'], 'shop');
  });

  it('works without a collector, says why in one line, and exits by itself', async () => {
    const endpoint = await deadEndpoint();
    const { status, lines, said } = await runModule(SERVICE, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    assert.deepEqual([status, lines[0]], [0, '200 hello']);
    assert.deepEqual(said, [
      `throughline: cannot send spans to ${endpoint}/v1/traces: connection failed: ECONNREFUSED; keeping them in memory, then on disk, and trying again`,
    ]);
  });

  it('works with wrong variables: a warning each, and spans go out', async () => {
    const wrong = { OTEL_EXPORTER_OTLP_HEADERS: 'not a name=1', OTEL_BSP_SCHEDULE_DELAY: 'soon' };
    const { status, lines, said } = await runModule(SERVICE, { ...heard(), ...wrong });
    assert.deepEqual([status, lines[0], said.length, backend.spans.length], [0, '200 hello', 3, 1]);
    assert.match(said.join('\n'), /OTEL_EXPORTER_OTLP_HEADERS must be.*\n.*OTEL_BSP_SCHEDULE_DELAY must be/);
  });

  it('makes no span and no line when OTEL_SDK_DISABLED is true', async () => {
    const { status, lines, said } = await runModule(SERVICE, { ...toBackend(), OTEL_SDK_DISABLED: 'true' });
    assert.deepEqual([status, lines[0], said, backend.requests], [0, '200 hello', [], 0]);
  });
});

const LATE = Array.from({ length: 1500 }, (_, i) => `late ${i}`);

describe('a process that ends', () => {
  it('sends first what waits, and leaves on disk what is not answered in time', async (t) => {
    const folder = temporaryFolder(t);
    const source = `
      import { span } from 'throughline';
      for (let i = 0; i < 1500; i++) span('late ' + i, () => i);
    `;
    const { status } = await runModule(source, { ...toBackend(), THROUGHLINE_SPOOL_DIRECTORY: folder });
    assert.equal(status, 0);
    const sent = backend.spans.map(({ name }) => name);
    assert.deepEqual(sent, LATE.slice(0, sent.length), 'the first of them, in order');
    const left = (await leftSpans(folder)).map(({ name }) => name);
    assert.deepEqual(new Set([...sent, ...left]), new Set(LATE));
    // A busy machine may let an answer come too late: the batch is on disk too, and arrives twice rather than never.
    assert.ok(sent.length + left.length <= LATE.length + 512, `${sent.length} sent, ${left.length} left`);
  });

  it('is not kept by a silent collector', async () => {
    backend.respond(() => 'hang');
    const source = `import { span } from 'throughline'; span('late', () => 1);`;
    const { status } = await runModule(source, { ...toBackend(), OTEL_EXPORTER_OTLP_TIMEOUT: '600000' });
    assert.deepEqual([status, backend.requests], [0, 1]);
  });

  it('keeps its exit code and its error', async () => {
    const source = `import { span } from 'throughline'; span('fails', () => { throw new Error('mine'); });`;
    const { status, said } = await runModule(source, toBackend());
    assert.equal(status, 1);
    assert.ok(said.some((line) => line === 'Error: mine'));
    assert.equal(
      (await runModule(`import { span } from 'throughline'; span('a').end(); process.exitCode = 7;`)).status,
      7,
    );
  });

  it('outlives a stderr that nobody reads any more', async () => {
    const source = `${SCRIPT}\n setTimeout(() => console.log('alive'), 50);`;
    const env = { ...childEnvironment(), OTEL_EXPORTER_OTLP_ENDPOINT: await deadEndpoint() };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      ...{ cwd: repositoryRoot, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LONGEST_MS },
    });
    child.stderr?.destroy();
    let stdout = '';
    child.stdout?.on('data', (text) => {
      stdout += text;
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 0);
    assert.match(stdout, /alive\n$/);
  });
});

describe('start() a second time', () => {
  it('replaces the first, flushes it, and warns once', async () => {
    const other = await collector();
    const source = `
      import { span, start } from 'throughline';
      import { otlp } from 'throughline/exporters';
      start({ service: 'first' });
      span('one', () => 1);
      start({ service: 'second', exporters: otlp({ endpoint: '${other.url}' }) });
      span('two', () => 2);
      start({ service: 'third', exporters: otlp({ endpoint: '${other.url}' }) });
      span('three', () => 3);
    `;
    const { status, said } = await runModule(source, toBackend());
    assert.equal(status, 0);
    const namesOf = ({ spans }: Collector) =>
      spans.map((span) => `${span.resource.attributes['service.name']}:${span.name}`).sort();
    assert.deepEqual([namesOf(backend), namesOf(other)], [['first:one'], ['second:two', 'third:three']]);
    assert.equal(said.filter((line) => line.includes('start() was called again')).length, 1, said.join('\n'));
    await other.close();
  });
});

describe('a collector that misbehaves is not noticed by the app, and stats() tell, when it', () => {
  interface Told {
    readonly exported?: number;
    readonly queued?: number;
    readonly refused?: number;
    readonly lastError: RegExp | undefined;
  }
  const json = { 'content-type': 'application/json' };
  const cases: readonly [claim: string, answer: () => CollectorAnswer, told: Told][] = [
    ['hangs', () => 'hang', { queued: 10, lastError: undefined }],
    ['resets the connection', () => 'reset', { queued: 10, lastError: /^connection failed: ECONNRESET$/ }],
    [
      'answers 100 MB',
      () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: 'x'.repeat(100 * 1024 * 1024) }),
      { exported: 10, lastError: /^the answer is not OTLP \(text\/html\)/ },
    ],
    [
      'redirects',
      () => ({ status: 307, headers: { location: 'http://127.0.0.1:1/else?key=secret' } }),
      { queued: 10, lastError: /^307 redirects to http:\/\/127.0.0.1:1\/else, which is not followed/ },
    ],
    [
      'is busy for half a minute',
      () => ({ status: 503, headers: { 'retry-after': '30' }, body: 'busy' }),
      { queued: 10, lastError: /^503: busy$/ },
    ],
    [
      'refuses',
      () => ({ status: 400, headers: json, body: '{"code":3,"message":"bad"}' }),
      { refused: 10, lastError: /^400: bad$/ },
    ],
    [
      'takes a part',
      () => ({ status: 200, headers: json, body: '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"}}' }),
      { exported: 7, refused: 3, lastError: /^old$/ },
    ],
    ['is broken', () => ({ status: 500 }), { refused: 10, lastError: /^500$/ }],
  ];
  for (const [claim, answer, told] of cases) {
    it(claim, async () => {
      backend.respond(answer);
      const ANSWER = told.lastError === undefined ? 'none' : 'some';
      const { status, lines, said } = await runModule(SCRIPT, { ...toBackend(), ANSWER });
      assert.equal(status, 0);
      assertTold(lines[0], told);
      assert.ok(said.length <= 1, said.join('\n'));
    });
  }

  it('does not speak HTTP', async () => {
    const server = await listen((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.end('SSH-2.0-nonsense\r\n'));
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { status, lines, said } = await runModule(SCRIPT, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    server.close();
    assert.deepEqual([status, said.length], [0, 1]);
    assertTold(lines[0], { queued: 10, lastError: /^connection failed: HPE_/ });
  });

  function assertTold(line: string | undefined, told: Told): void {
    const stats = JSON.parse(String(line));
    assertCounterLaw(stats);
    const { exported, queued, dropped, lastError } = stats;
    const { exported: taken = 0, queued: kept = 0, refused = 0 } = told;
    assert.deepEqual([exported, queued, dropped.export], [taken, kept, refused]);
    if (told.lastError === undefined) assert.equal(lastError, undefined);
    else assert.match(String(lastError), told.lastError);
  }
});

describe('a full batch', () => {
  it('leaves at once though nothing else stirs in the process', async () => {
    const source = `
      import { createServer } from 'node:net';
      import { span } from 'throughline';
      createServer().listen(0, '127.0.0.1');
      setTimeout(() => { for (let i = 0; i < 512; i++) span('work', () => i); }, 50);
    `;
    const env = { ...childEnvironment(), ...toBackend(), OTEL_BSP_SCHEDULE_DELAY: '60000' };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      ...{ cwd: repositoryRoot, env, stdio: 'ignore', timeout: LONGEST_MS },
    });
    const ended = once(child, 'close');
    await backend.waitForSpans(512, LONGEST_MS);
    child.kill();
    await ended;
  });
});
