import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { serviceName } from 'throughline/analysis';
import { collector } from 'throughline/test';
import { childEnvironment } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';

const APPS = [
  ['express', 'GET /hello/:name'],
  ['koa', 'GET'],
] as const;

for (const [framework, spanName] of APPS) {
  describe(`app.use(tracing()) alone, in ${framework}`, () => {
    it('sends spans to OTEL_EXPORTER_OTLP_ENDPOINT and says so once', async (t) => {
      const backend = await collector();
      t.after(() => backend.close());
      const app = await startApp(t, framework, { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_SERVICE_NAME: 'bare' });
      const firstLine = once(app.child.stderr ?? app.child, 'data');
      for (const name of ['ada', 'grace', 'mary']) assert.equal(await app.get(`/hello/${name}`), `200 hello ${name}`);
      const spans = await backend.waitForSpans(3, 60_000);
      assert.deepEqual(
        spans.map((span) => [serviceName(span), span.kind, span.name, span.attributes['url.path']]),
        ['ada', 'grace', 'mary'].map((name) => ['bare', 'server', spanName, `/hello/${name}`]),
      );
      await firstLine;
      assert.deepEqual(await app.end(), [`throughline: sending spans to ${backend.url}/v1/traces`]);
      assert.equal(backend.spans.length, 3);
    });

    it('works without a collector and says so in one line', async (t) => {
      const endpoint = `http://127.0.0.1:${await freePort()}`;
      const app = await startApp(t, framework, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
      const firstLine = once(app.child.stderr ?? app.child, 'data');
      for (let i = 0; i < 20; i++) assert.equal(await app.get('/hello/you'), '200 hello you');
      await firstLine;
      for (let i = 0; i < 20; i++) assert.equal(await app.get('/hello/you'), '200 hello you');
      assert.deepEqual(await app.end(), [
        `throughline: cannot send spans to ${endpoint}/v1/traces: connection failed: ECONNREFUSED; keeping them in memory, then on disk, and trying again`,
      ]);
    });
  });
}

interface App {
  readonly child: ChildProcess;
  /** `200 hello you` */
  get(path: string): Promise<string>;
  /** Ends the app as a service ends; returns what it wrote on stderr. */
  end(): Promise<string[]>;
}

async function startApp(t: TestContext, framework: string, variables: Record<string, string>): Promise<App> {
  const child = fork(join(import.meta.dirname, 'apps', 'bare-app.js'), [framework], {
    env: { ...childEnvironment(), ...variables },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  t.after(() => child.kill());
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [url] = (await once(child, 'message')) as [string];
  return {
    child,
    async get(path) {
      const response = await fetch(url + path);
      return `${response.status} ${await response.text()}`;
    },
    async end() {
      // Not `close`: it never comes after a disconnect from this side.
      const ended = Promise.all([once(child, 'exit'), once(child.stderr ?? child, 'end')]);
      child.disconnect();
      assert.deepEqual((await ended)[0], [0, null]);
      return stderr.trimEnd().split('\n');
    },
  };
}
