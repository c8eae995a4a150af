import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type Collector, collector } from 'throughline/test';
import { childEnvironment } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { repositoryRoot } from '../support/repository.ts';
import { leftSpans } from './left-spans.ts';
import { filesIn, temporaryFolder } from './spool-folder.ts';

/** Twenty spans that have ended, and one that has not; then the ending. */
const WORK = `
  import { span, start } from 'throughline';
  const tl = start({ service: 'shop' });
  for (let i = 0; i < 20; i++) span('ended ' + i, { parent: null }).end();
  span('open', { parent: null }).tag('a', 1);
`;

interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module until it ends; sends it `signal` once it says that it is ready. */
async function run(source: string, variables: NodeJS.ProcessEnv, signal?: NodeJS.Signals): Promise<Outcome> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    ...{ cwd: repositoryRoot, env: { ...childEnvironment(), ...variables }, timeout: 60_000, killSignal: 'SIGKILL' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
    if (signal !== undefined && stdout.includes('ready')) child.kill(signal);
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status, endedBy] = await once(child, 'close');
  return { status, signal: endedBy, stdout, stderr };
}

const READY = `setInterval(() => undefined, 1000); console.log('ready');`;

let backend: Collector;
let deadEndpoint: string;
before(async () => {
  backend = await collector();
  deadEndpoint = `http://127.0.0.1:${await freePort()}`;
});
after(() => backend.close());

/** A process whose collector is down, with a spool of its own; and what it left. */
async function ending(t: TestContext, source: string, signal?: NodeJS.Signals, variables: NodeJS.ProcessEnv = {}) {
  const folder = temporaryFolder(t);
  const outcome = await run(
    WORK + source,
    { OTEL_EXPORTER_OTLP_ENDPOINT: deadEndpoint, THROUGHLINE_SPOOL_DIRECTORY: folder, ...variables },
    signal,
  );
  const spans = await leftSpans(folder);
  return {
    ...outcome,
    folder,
    names: spans.map((span) => span.name),
    open: spans.find((span) => span.name === 'open'),
  };
}

const ENDED = Array.from({ length: 20 }, (_, i) => `ended ${i}`);

describe('a process with a spool leaves all of its spans, the open ones as incomplete, and its exit code is its own, when it', {
  concurrency: 4,
}, () => {
  const cases: readonly [how: string, source: string, status: number, said: RegExp][] = [
    ['has nothing left to do', '', 0, /^$/],
    ['sets an exit code', 'process.exitCode = 7;', 7, /^$/],
    ['calls process.exit', 'process.exit(3);', 3, /^$/],
    ['throws', `throw new Error('mine');`, 1, /Error: mine/],
    ['throws later', `setTimeout(() => { throw new Error('mine'); }, 1);`, 1, /Error: mine/],
    ['leaves a rejection unhandled', `Promise.reject(new Error('mine'));`, 1, /Error: mine/],
    [
      'exits in a handler of its own for errors',
      `process.on('uncaughtException', () => process.exit(9)); throw 1;`,
      9,
      /^$/,
    ],
  ];
  for (const [how, source, status, said] of cases) {
    it(how, async (t) => {
      const left = await ending(t, source);
      assert.deepEqual([left.status, left.signal], [status, null]);
      assert.match(left.stderr.replace(/^throughline: .*\n/gm, ''), said);
      assert.deepEqual(left.names.sort(), [...ENDED, 'open'].sort());
      assert.deepEqual(left.open?.attributes, { a: 1, 'throughline.incomplete': true });
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`gets ${signal}`, async (t) => {
      const left = await ending(t, READY, signal);
      assert.deepEqual([left.status, left.signal], [null, signal]);
      assert.deepEqual(left.names.sort(), [...ENDED, 'open'].sort());
    });
  }

  it('gets a signal that it handles itself', async (t) => {
    const own = `process.on('SIGTERM', () => setTimeout(() => process.exit(5), 10));`;
    const left = await ending(t, own + READY, 'SIGTERM');
    assert.deepEqual([left.status, left.signal, left.names.length], [5, null, 21]);
  });

  it('gets a signal that a library handles which counts the listeners, as signal-exit does', async (t) => {
    const library = `process.on('SIGTERM', function alone() {
      if (process.listeners('SIGTERM').length !== 1) return;
      process.removeListener('SIGTERM', alone);
      process.kill(process.pid, 'SIGTERM');
    });`;
    const left = await ending(t, library + READY, 'SIGTERM');
    assert.equal(left.signal, 'SIGTERM');
  });

  it('gets a second signal after one that it has lived through', async (t) => {
    const own = `process.once('SIGTERM', () => setTimeout(() => process.kill(process.pid, 'SIGTERM'), 10));`;
    const left = await ending(t, own + READY, 'SIGTERM');
    assert.deepEqual([left.signal, left.names.length], ['SIGTERM', 21]);
  });

  it('is a worker thread', async (t) => {
    const folder = temporaryFolder(t);
    const source = `
      import { Worker } from 'node:worker_threads';
      const worker = new Worker(${JSON.stringify(`${WORK} process.exit(4);`)}, { eval: true, execArgv: ['--input-type=module'] });
      worker.on('exit', (code) => console.log('worker', code));
    `;
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: deadEndpoint, THROUGHLINE_SPOOL_DIRECTORY: folder };
    const { status, stdout, stderr } = await run(source, variables);
    assert.deepEqual([status, stdout], [0, 'worker 4\n'], stderr);
    assert.equal((await leftSpans(folder)).length, 21);
  });

  it('has shut down before', async (t) => {
    const left = await ending(t, `await tl.shutdown(300); console.log(JSON.stringify(tl.stats())); process.exit(0);`);
    const { spooled, queued, open, ended } = JSON.parse(left.stdout);
    assert.deepEqual([spooled, queued, open, ended], [21, 0, 0, 21]);
    assert.equal(left.names.length, 21);
  });
});

describe('a process that is killed', () => {
  it('has lost no span that had ended, with ahead', async (t) => {
    const variables = { THROUGHLINE_SPOOL: 'ahead' };
    const left = await ending(t, `process.kill(process.pid, 'SIGKILL');`, undefined, variables);
    assert.equal(left.signal, 'SIGKILL');
    assert.deepEqual(left.names, ENDED);
  });
});

describe('a process with a collector that answers', () => {
  for (const [how, source, signal] of [
    ['ends by itself', '', undefined],
    ['gets SIGTERM', READY, 'SIGTERM'],
  ] as const) {
    it(`sends its last spans, the open ones too, and leaves nothing on disk, when it ${how}`, async (t) => {
      // No time can be held on a busy machine: an answer that comes too late leaves the spans on disk too, and is asked for again.
      for (let attempt = 1, isInTime = false; !isInTime; attempt++) {
        backend.reset();
        const folder = temporaryFolder(t);
        const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, THROUGHLINE_SPOOL_DIRECTORY: folder };
        const outcome = await run(WORK + source, variables, signal);
        assert.deepEqual([outcome.status, outcome.signal], signal === undefined ? [0, null] : [null, signal]);
        const names = [...backend.spans, ...(await leftSpans(folder))].map((span) => span.name);
        assert.deepEqual([...new Set(names)].sort(), [...ENDED, 'open'].sort());
        isInTime = filesIn(folder).length === 0;
        if (isInTime) assert.equal(backend.spans.length, ENDED.length + 1);
        assert.ok(isInTime || attempt < 5, `left on disk in ${attempt} of ${attempt} processes`);
      }
    });
  }

  it('sends what it can without a spool', async () => {
    backend.reset();
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, THROUGHLINE_SPOOL: 'off' };
    const { signal } = await run(WORK + READY, variables, 'SIGTERM');
    assert.deepEqual([signal, backend.spans.length], ['SIGTERM', 21]);
  });

  it('ends though the collector hangs', async (t) => {
    backend.reset();
    backend.respond(() => 'hang');
    for (const spool of ['overflow', 'off']) {
      const folder = temporaryFolder(t);
      const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, THROUGHLINE_SPOOL_DIRECTORY: folder };
      const outcome = await run(WORK + READY, { ...variables, THROUGHLINE_SPOOL: spool }, 'SIGTERM');
      assert.deepEqual([outcome.signal, (await leftSpans(folder)).length], ['SIGTERM', spool === 'off' ? 0 : 21]);
    }
    backend.respond(undefined);
  });
});
