import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerBench } from './bench.ts';

export function statusCases(bench: ServerBench): void {
  const { showsErrors } = bench.app;

  for (const [path, status] of [
    ['/ok', 200],
    ['/created', 201],
    ['/empty', 204],
    ['/unchanged', 304],
    ['/nothing', 404],
    ['/teapot', 418],
  ] as const) {
    test(`has the status code ${status}, which is no error of a server`, async () => {
      await bench.get(path).expect(status);
      const { attributes, status: outcome, events } = await bench.span();
      assert.equal(attributes['http.response.status_code'], status);
      assert.deepEqual(outcome, { code: 'unset' });
      assert.deepEqual(events, []);
      assert.ok(!('error.type' in attributes) && !('throughline.ending' in attributes));
    });
  }

  test('is an error for a 503 that the app answers, without an exception', async () => {
    await bench.get('/unavailable').expect(503);
    const { attributes, status, events } = await bench.span();
    assert.equal(attributes['http.response.status_code'], 503);
    assert.equal(attributes['error.type'], '503');
    assert.deepEqual(status, { code: 'error' });
    assert.deepEqual(events, []);
  });

  for (const [path, message] of [
    ['/throws', 'thrown'],
    ['/rejects', 'rejected'],
    ['/fails', 'failed'],
  ] as const) {
    test(`is an error for ${path}, with the exception where the framework shows it`, async () => {
      await bench.get(path).expect(500);
      const { attributes, status, events } = await bench.span();
      assert.equal(attributes['http.response.status_code'], 500);
      assert.equal(attributes['error.type'], '500');
      assert.deepEqual(status, { code: 'error' });
      assert.deepEqual(
        events.map((event) => [event.name, event.attributes['exception.message']]),
        showsErrors ? [['exception', message]] : [],
      );
    });
  }

  if (showsErrors) {
    test('tells type and stack of an exception', async () => {
      await bench.get('/throws').expect(500);
      const [event] = (await bench.span()).events;
      assert.equal(event?.attributes['exception.type'], 'RangeError');
      assert.match(String(event?.attributes['exception.stacktrace']), /^RangeError: thrown\n {4}at /);
    });
  }

  test('records the error of an error handler that fails', async () => {
    await bench.get('/handler-throws').expect(500);
    const { attributes, status, events } = await bench.span();
    assert.equal(attributes['error.type'], '500');
    assert.deepEqual(status, { code: 'error' });
    const messages = events.map((event) => event.attributes['exception.message']);
    assert.deepEqual(messages, showsErrors ? ['the error handler fails'] : []);
  });

  test('is no error where the app made up for one', async () => {
    await bench.get('/recovered').expect(200, 'recovered');
    const { status, events } = await bench.span();
    assert.deepEqual(status, { code: 'unset' });
    assert.deepEqual(events, []);
  });
}
