import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { describe, it } from 'node:test';
import { parseSpans } from 'throughline/exporters';
import { childEnvironment, runNode } from '../support/child-process.ts';
import { listening } from '../support/listening.ts';
import { repositoryRoot } from '../support/repository.ts';

const MAIN = join(repositoryRoot, 'dist', 'examples', 'three-services', 'main.js');
const TRACE_ID = /\btrace ([0-9a-f]{32})\b/g;

function run(args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  return runNode([MAIN, ...args], { variables, timeoutMs: 120_000 });
}

describe('the example', { concurrency: 3 }, () => {
  it('shows one complete trace for each request and ends with status 0', async () => {
    const { status, stdout, stderr } = await run(['--once']);
    assert.equal(status, 0, stdout + stderr);
    const [waterfalls = '', report = ''] = stdout.split(/^(?=3 traces · 35 spans)/m);
    const [page = '', order = '', failure = '', ...rest] = waterfalls.split('── ').slice(1);
    assert.deepEqual(rest, []);
    assert.equal(new Set(traceIds(stdout)).size, 3);
    for (const [waterfall, spans] of [
      [page, 15],
      [order, 15],
      [failure, 5],
    ] as const) {
      assert.equal(traceIds(waterfall).length, 1);
      assert.match(waterfall, new RegExp(`${spans} spans · 3 services`));
      for (const service of ['shop', 'pricing', 'stock']) assert.match(waterfall, new RegExp(`^${service} `, 'm'));
    }
    assert.doesNotMatch(page, /✗/);
    assert.match(order, /6 errors/);
    assert.equal(failure.match(/✗ 50[02]/g)?.length, 5);
    for (const kind of ['retry-storm', 'error-root-cause'])
      assert.match(report, new RegExp(`^ +\\d+\\. ${kind} `, 'm'));
    assert.match(stdout, /^3 requests, 3 complete traces, 35 spans$/m);
    const bars = stdout.split('\n').filter((line) => /[▏▎▍▌▋▊▉█▐▕]/.test(line));
    assert.equal(bars.length, 35);
    assert.ok(
      bars.every((line) => line.length <= 100 && !line.includes('\x1b')),
      'no terminal: plain, 100 columns',
    );
  });

  it('keeps sixty requests at once apart', async () => {
    const { status, stdout, stderr } = await run(['--requests', '20']);
    assert.equal(status, 0, stderr);
    assert.equal(new Set(traceIds(stdout)).size, 60);
    assert.match(stdout, /^60 requests, 60 complete traces, 700 spans$/m);
  });

  it('ends with status 1 and the reason when nobody traces', async () => {
    const { status, stdout, stderr } = await run(['--once'], { OTEL_SDK_DISABLED: 'true' });
    assert.equal(status, 1);
    for (const request of ['GET /order/lamp', 'POST /order/chair', 'POST /order/ghost']) {
      assert.match(stderr, new RegExp(`^✗ ${request}: no trace of it has arrived$`, 'm'));
    }
    assert.match(stdout, /^3 requests, 0 complete traces, 0 spans$/m);
  });

  it('ends with status 1 and shows both traces when context is not passed on', async () => {
    const { status, stderr } = await run(['--once'], { OTEL_PROPAGATORS: 'none' });
    assert.equal(status, 1);
    assert.match(stderr, /^✗ GET \/order\/lamp: is not the trace it should be\nexpected:\nshop GET/m);
    assert.match(stderr, /traces begin with none of the requests/);
  });

  it('ends with status 1 and says why when a service cannot start', async () => {
    const taken = createServer();
    const { port } = new URL(await listening(taken));
    const { status, stderr } = await run(['--once'], { SHOP_PORT: port });
    taken.close();
    assert.equal(status, 1);
    assert.match(stderr, /^\[shop\] listen EADDRINUSE/m);
    assert.match(stderr, /^✗ shop did not start: it ended with exit code 1$/m);
  });

  it('keeps its traces in the file that it is told, and says where it cannot', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-example-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'spans.jsonl');
    const { status, stdout, stderr } = await run(['--once', '--store', path]);
    assert.equal(status, 0, stderr);
    assert.equal(parseSpans(readFileSync(path, 'utf8')).length, 35);
    assert.ok(stdout.endsWith(`kept: npx throughline report --store ${path}\n`));
    const nowhere = await run(['--once', '--store', join(folder, 'no', 'folder.jsonl')]);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /✗ .*folder\.jsonl.*ENOENT/);
  });

  it('explains itself, and what it was asked wrongly', async () => {
    assert.match((await run(['--help'])).stdout, /--once/);
    const wrong = await run(['--onec']);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /'--onec'[\s\S]*Try --help/);
    assert.match((await run(['--requests', 'many'])).stderr, /--requests must be a whole number/);
  });

  it('goes on serving until Ctrl-C, prints what comes, and leaves no service behind', async () => {
    const { child, lines } = serve();
    const shop = await shopUrl(lines);
    const response = await fetch(`${shop}/order/ghost`, { method: 'POST' });
    assert.equal(response.status, 502);
    await lineThat(lines, (line) => line === '── POST /order/ghost');
    const connection = await connectTo(shop);
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [0, null]);
    await connection.closed;
  });

  it('leaves no service behind when it is killed', async () => {
    const { child, lines } = serve();
    const connection = await connectTo(await shopUrl(lines));
    child.kill('SIGKILL');
    await connection.closed;
  });
});

function traceIds(text: string): string[] {
  return [...text.matchAll(TRACE_ID)].map((match) => match[1] ?? '');
}

function serve(): { child: ChildProcess; lines: Interface } {
  const child = spawn(process.execPath, [MAIN, '--serve'], {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 120_000,
  });
  return { child, lines: createInterface({ input: child.stdout }) };
}

async function shopUrl(lines: Interface): Promise<string> {
  const line = await lineThat(lines, (text) => text.startsWith('  curl http'));
  return new URL(line.trim().slice('curl '.length)).origin;
}

function lineThat(lines: Interface, isIt: (line: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    lines.on('line', function read(line: string) {
      if (!isIt(line)) return;
      lines.off('line', read);
      resolve(line);
    });
  });
}

/** A connection that nobody closes, so that it ends with the service. */
async function connectTo(url: string): Promise<{ readonly closed: Promise<unknown> }> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  socket.on('error', () => {}); // cut rather than closed
  return { closed };
}
