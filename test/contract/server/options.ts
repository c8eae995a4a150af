import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { SpanRecord, TracingOptions } from 'throughline';
import { exchange, requestText, type ServerBench } from './bench.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

/** The effect of each option of `tracing()`, in every framework. */
export function optionCases(bench: ServerBench): void {
  /** Sends one request to an app with these options; `answer` is what its `/raw` does. */
  async function ask(
    more: TracingOptions,
    line: string,
    headers: readonly string[] = [],
    answer?: (req: IncomingMessage, res: ServerResponse) => unknown,
  ): Promise<{ text: string; spans: readonly SpanRecord[] }> {
    let text = '';
    await bench.withApp({ more }, async (site) => {
      if (answer !== undefined) {
        bench.stage.once('raw', (req: IncomingMessage, res: ServerResponse) => void answer(req, res));
      }
      text = await exchange(site, requestText(line, headers));
    });
    return { text, spans: await bench.spans() };
  }

  for (const [option, ignored, traced] of [
    ['/context', '/context', '/ok'],
    ['/users/*', '/users/7', '/usersx'],
    ['/users/*', '/users', '/ok'],
    [/^\/con/g, '/context?a=1', '/ok'],
    [['/none', /text$/y], '/context', '/ok'],
    [(req: IncomingMessage) => req.url === '/context', '/context', '/ok'],
  ] as const) {
    test(`ignore: ${String(option)} makes no span of ${ignored}, and one of ${traced}`, async () => {
      for (let times = 0; times < 2; times++) {
        assert.equal((await ask({ ignore: option }, `GET ${ignored}`)).spans.length, 0);
        assert.equal((await ask({ ignore: option }, `GET ${traced}`)).spans.length, 1);
      }
    });
  }

  test('ignore: the context of the caller passes through as it came', async () => {
    const headers = [`traceparent: ${PARENT}`, 'tracestate: a=1', 'baggage: tenant=acme'];
    const { text, spans } = await ask({ ignore: '/context' }, 'GET /context', headers);
    assert.deepEqual(spans, []);
    assert.ok(text.includes(`"traceparent":"${PARENT}"`), text);
    assert.ok(text.includes('"tracestate":"a=1"') && text.includes('"baggage":"tenant=acme"'), text);
  });

  test('ignore: a function that throws ignores nothing', async () => {
    const ignore = (): boolean => {
      throw new Error('the rule failed');
    };
    assert.equal((await ask({ ignore }, 'GET /ok')).spans.length, 1);
  });

  test('attributes: asked once at the end, with node’s request and response, inside the span', async () => {
    const asked: unknown[] = [];
    const { spans } = await ask(
      {
        attributes(req, res) {
          asked.push([req.url, res.statusCode]);
          return { 'tenant.id': String(req.headers['x-tenant']), list: [1, 2] };
        },
      },
      'GET /created',
      ['x-tenant: acme'],
    );
    assert.deepEqual(asked, [['/created', 201]]);
    assert.equal(spans[0]?.attributes['tenant.id'], 'acme');
    assert.deepEqual(spans[0]?.attributes.list, [1, 2]);
  });

  for (const [what, hook] of [
    ['throws', () => assert.fail('the hook failed')],
    ['rejects', () => Promise.reject(new Error('the hook rejected'))],
    ['answers nothing', () => undefined],
    ['answers what is no object', () => 7],
    ['answers with a throwing getter', () => Object.defineProperty({}, 'a', { enumerable: true, get: assert.fail })],
  ] as const) {
    test(`attributes: a hook that ${what} changes nothing else`, async () => {
      const { text, spans } = await ask({ attributes: hook as () => undefined }, 'GET /ok');
      assert.match(text, /^HTTP\/1.1 200 /);
      assert.equal(spans[0]?.attributes['http.response.status_code'], 200);
    });
  }

  test('captureHeaders: the headers named are lists of texts, and no others are there', async () => {
    const { spans } = await ask(
      { captureHeaders: { request: ['X-Tenant', 'accept', 'x-missing'], response: ['X-Answer', 'x-many'] } },
      'GET /raw',
      ['x-tenant: acme', 'x-tenant: other', 'x-else: 1'],
      (_req, res) => res.writeHead(200, { 'X-answer': 'yes', 'x-many': ['1', '2'], 'x-else': 'no' }).end(),
    );
    const headers = Object.entries(spans[0]?.attributes ?? {}).filter(([key]) => key.includes('.header.'));
    assert.deepEqual(Object.fromEntries(headers), {
      'http.request.header.x-tenant': ['acme, other'],
      'http.response.header.x-answer': ['yes'],
      'http.response.header.x-many': ['1', '2'],
    });
  });

  test('captureHeaders: what setHeader set is found too', async () => {
    const { spans } = await ask({ captureHeaders: { response: ['x-count'] } }, 'GET /raw', [], (_req, res) => {
      res.setHeader('X-Count', 7);
      res.end();
    });
    assert.deepEqual(spans[0]?.attributes['http.response.header.x-count'], ['7']);
  });

  test('captureHeaders: values of headers that hold credentials are REDACTED', async () => {
    const request = ['Authorization', 'cookie', 'x-api-key', 'X-Amz-Security-Token', 'proxy-authorization'];
    const { spans } = await ask(
      { captureHeaders: { request, response: ['set-cookie'] } },
      'GET /raw',
      request.map((name) => `${name}: s3cret`),
      (_req, res) => res.setHeader('set-cookie', ['s3cret=1', 's3cret=2']).end(),
    );
    assert.doesNotMatch(JSON.stringify(spans), /s3cret/);
    assert.deepEqual(spans[0]?.attributes['http.request.header.authorization'], ['REDACTED']);
    assert.deepEqual(spans[0]?.attributes['http.response.header.set-cookie'], ['REDACTED']);
  });

  const METRIC = `trace;desc=00-${TRACE}-SPAN-01`;
  for (const [what, answer, expected] of [
    ['nothing is there', (_req, res) => res.end(), [METRIC]],
    ['setHeader set one', (_req, res) => res.setHeader('Server-Timing', 'db;dur=5').end(), [`db;dur=5, ${METRIC}`]],
    ['setHeader set a list', (_req, res) => res.setHeader('Server-Timing', ['a', 'b']).end(), ['a', 'b', METRIC]],
    ['writeHead has one', (_req, res) => res.writeHead(200, { 'server-timing': 'a' }).end(), [`a, ${METRIC}`]],
    ['writeHead has a list', (_req, res) => res.writeHead(200, ['Server-Timing', 'a']).end(), [`a, ${METRIC}`]],
    ['writeHead has a text', (_req, res) => res.writeHead(200, 'Fine', { 'x-a': '1' }).end(), [METRIC]],
    ['the head is flushed', (_req, res) => flushed(res), [METRIC]],
    ['the app began to write', (_req, res) => res.write('a', () => res.end()), [METRIC]],
  ] as readonly (readonly [string, (req: IncomingMessage, res: ServerResponse) => unknown, string[]])[]) {
    test(`responseHeader: server-timing stands beside the app’s own where ${what}`, async () => {
      const { text, spans } = await ask(
        { responseHeader: 'server-timing' },
        'GET /raw',
        [`traceparent: ${PARENT}`],
        answer,
      );
      const head = text.slice(0, text.indexOf('\r\n\r\n'));
      const sent = [...head.matchAll(/^server-timing: (.*)\r?$/gim)].map(([, value]) => value);
      const named = expected.map((value) => value.replace('SPAN', spans[0]?.spanId ?? 'none'));
      assert.deepEqual(sent, named);
    });
  }

  test('responseHeader: the headers that the app passed in are not changed', async () => {
    const headers = Object.freeze({ 'server-timing': 'a' });
    const list = Object.freeze(['server-timing', 'a']);
    for (const given of [headers, list] as const) {
      const { text } = await ask({ responseHeader: 'server-timing' }, 'GET /raw', [], (_req, res) =>
        res.writeHead(200, given as typeof headers).end(),
      );
      assert.match(text, /^server-timing: a, trace;desc=/im);
    }
  });

  test('responseHeader: traceresponse names the span, and leaves one that the app set', async () => {
    const { text, spans } = await ask({ responseHeader: 'traceresponse' }, 'GET /ok', [`traceparent: ${PARENT}`]);
    assert.ok(text.includes(`traceresponse: 00-${TRACE}-${spans[0]?.spanId}-01`), text);
    const own = await ask({ responseHeader: 'traceresponse' }, 'GET /raw', [], (_req, res) =>
      res.setHeader('traceresponse', 'mine').end(),
    );
    assert.match(own.text, /^traceresponse: mine\r$/im);
  });

  test('responseHeader: an unsampled request is told so', async () => {
    const unsampled = PARENT.replace(/01$/, '00');
    const { text, spans } = await ask({ responseHeader: 'traceresponse' }, 'GET /ok', [`traceparent: ${unsampled}`]);
    assert.match(text, new RegExp(`traceresponse: 00-${TRACE}-[0-9a-f]{16}-00`));
    assert.deepEqual(spans, []);
  });

  test('responseHeader: an ignored request, and one answered before, have none', async () => {
    for (const [more, path] of [
      [{ responseHeader: 'traceresponse', ignore: '/ok' }, '/ok'],
      [{ responseHeader: 'traceresponse' }, '/early'],
    ] as const) {
      assert.doesNotMatch((await ask(more, `GET ${path}`)).text, /traceresponse/i);
    }
  });

  test('responseHeader: a head that node refuses fails for the app as it would without us', async () => {
    let code: unknown;
    const { text } = await ask({ responseHeader: 'server-timing' }, 'GET /raw', [], (_req, res) => {
      res.writeHead(200);
      try {
        res.writeHead(200);
      } catch (error) {
        code = (error as NodeJS.ErrnoException).code;
      }
      res.end();
    });
    assert.equal(code, 'ERR_HTTP_HEADERS_SENT');
    assert.match(text, /^HTTP\/1.1 200 /);
  });
}

async function flushed(res: ServerResponse): Promise<void> {
  res.flushHeaders();
  await once(res.end(), 'close');
}
