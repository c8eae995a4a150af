import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { dial, exchange, requestText, type ServerBench } from './bench.ts';

export function endingCases(bench: ServerBench): void {
  test('lasts as long as a streamed body', async () => {
    const socket = await dial(bench.site);
    socket.write(requestText('GET /stream'));
    let text = '';
    while (!text.includes('first')) text += (await once(socket, 'data'))[0];
    const streamingSince = performance.now();
    assert.equal(bench.openSpans, 1, 'the span is open while the body is sent');
    const streamedMs = performance.now() - streamingSince;
    bench.stage.emit('go');
    for await (const chunk of socket) text += chunk;
    assert.match(text, /last/);
    const { durationMs, attributes } = await bench.span();
    assert.ok(durationMs >= streamedMs, `${durationMs} ms of ${streamedMs} ms`);
    assert.equal(attributes['http.response.status_code'], 200);
    assert.equal(attributes['throughline.ending'], undefined);
  });

  test('ends as aborted, without a status code, when the client leaves before an answer', async () => {
    const socket = await dial(bench.site);
    const arrived = bench.arrival();
    socket.write(requestText('GET /hang'));
    await arrived;
    socket.destroy();
    const { attributes, status, events } = await bench.span();
    assert.equal(attributes['throughline.ending'], 'aborted');
    assert.ok(!('http.response.status_code' in attributes) && !('error.type' in attributes));
    assert.deepEqual(status, { code: 'unset' });
    assert.deepEqual(events, []);
  });

  test('ends as aborted, with the status code sent, when the client leaves in the middle of the answer', async () => {
    const socket = await dial(bench.site);
    socket.write(requestText('GET /stream'));
    await once(socket, 'data');
    socket.destroy();
    const { attributes, status } = await bench.span();
    assert.equal(attributes['throughline.ending'], 'aborted');
    assert.equal(attributes['http.response.status_code'], 200);
    assert.deepEqual(status, { code: 'unset' });
  });

  test('ends as aborted when the client leaves with a large answer on its way', async () => {
    const socket = await dial(bench.site);
    socket.write(requestText('GET /bytes/50000000'));
    await once(socket, 'readable');
    socket.destroy();
    const { attributes } = await bench.span();
    assert.equal(attributes['throughline.ending'], 'aborted');
    assert.equal(attributes['http.response.status_code'], 200);
  });

  test('ends as destroyed, which is an error, when the app destroys the response', async () => {
    assert.equal(await exchange(bench.site, requestText('GET /destroyed')), '');
    const { attributes, status, events } = await bench.span();
    assert.equal(attributes['throughline.ending'], 'destroyed');
    assert.equal(attributes['error.type'], 'destroyed');
    assert.ok(!('http.response.status_code' in attributes));
    assert.deepEqual(status, { code: 'error' });
    assert.deepEqual(events, []);
  });

  for (const path of ['/early', '/late']) {
    test(`ends when ${path} was answered before tracing() was reached`, async () => {
      await bench.get(path).expect(200, path.slice(1));
      const { name, attributes } = await bench.span();
      assert.equal(name, 'GET');
      assert.equal(attributes['http.response.status_code'], 200);
      assert.equal(attributes['throughline.ending'], undefined);
    });
  }

  for (const count of [1000, 1_000_000]) {
    test(`ends complete after a body of ${count} bytes`, async () => {
      const { text } = await bench.get(`/bytes/${count}`).expect(200);
      assert.equal(text.length, count);
      const { attributes } = await bench.span();
      assert.equal(attributes['throughline.ending'], undefined);
    });
  }

  test('is one span when tracing() is mounted twice', async () => {
    await bench.withApp({ tracing: 'twice' }, async (site) => {
      const { body } = await bench.get('/context', {}, site).expect(200);
      const { name, traceId, spanId } = await bench.span();
      assert.equal(name, bench.app.knowsRoutes ? 'GET /context' : 'GET');
      assert.equal(body.traceparent, `00-${traceId}-${spanId}-01`);
    });
  });

  test('is there only for the router that has tracing()', async () => {
    await bench.withApp({ tracing: 'router' }, async (site) => {
      await bench.get('/ok', {}, site).expect(200);
      assert.deepEqual(await bench.spans(), []);
      await bench.get('/part/7', {}, site).expect(200, '7');
      assert.equal((await bench.span()).name, bench.app.knowsRoutes ? 'GET /part/:id' : 'GET');
    });
  });

  test('is missing, and nothing else, when an earlier middleware fails', async () => {
    await bench.get('/before').expect(503);
    assert.deepEqual(await bench.spans(), []);
  });
}
