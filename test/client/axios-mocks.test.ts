import assert from 'node:assert/strict';
import { describe } from 'node:test';
import axios, { type AxiosInstance } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { traceAxios } from 'throughline';
import { clientSpan, clientTest, traceparentOf } from '../contract/client/tracer.ts';

/** The package has axios's types for CommonJS. */
function mockOf(instance: AxiosInstance): MockAdapter {
  return new MockAdapter(instance as never);
}

const ORDERS: Readonly<Record<string, (instance: AxiosInstance, options?: object) => MockAdapter>> = {
  'traceAxios before the mock': (instance, options) => mockOf(traceAxios(instance, options)),
  'traceAxios after the mock': (instance, options) => {
    const mock = mockOf(instance);
    traceAxios(instance, options);
    return mock;
  },
};

for (const [order, make] of Object.entries(ORDERS)) {
  describe(`axios-mock-adapter, ${order}`, () => {
    clientTest('answers, one span, and the handler sees the context', async () => {
      const instance = axios.create({ baseURL: 'http://stock.example' });
      let seen: unknown;
      make(instance)
        .onGet('/items/7')
        .reply((config) => {
          seen = config.headers?.traceparent;
          return [201, { mocked: true }];
        });
      assert.deepEqual((await instance.get('/items/7')).data, { mocked: true });
      const call = await clientSpan();
      assert.equal(call.attributes['http.response.status_code'], 201);
      assert.equal(call.attributes['url.full'], 'http://stock.example/items/7');
      assert.equal(seen, traceparentOf(call));
    });

    clientTest(
      'matches by some headers with an asymmetric matcher, and by exact ones where nothing is sent',
      async () => {
        const headers = { Accept: 'text/plain', 'X-App': '1' };
        const some = { asymmetricMatch: (actual: Record<string, unknown>) => actual['X-App'] === '1' };
        const instance = axios.create({ headers: { common: { Accept: 'text/plain' } } });
        make(instance)
          .onGet('/a', { headers: some as never })
          .reply(200);
        assert.equal((await instance.get('/a', { headers: { 'X-App': '1' } })).status, 200);
        const silent = axios.create({ headers: { common: { Accept: 'text/plain' } } });
        make(silent, { propagateTo: 'none' }).onGet('/a', { headers }).reply(200);
        assert.equal((await silent.get('/a', { headers: { 'X-App': '1' } })).status, 200);
      },
    );

    clientTest('keeps a history of the app\u2019s own configurations, and an unmocked call is a 404', async () => {
      const instance = axios.create();
      const mock = make(instance);
      await assert.rejects(instance.get('/none', { headers: { 'X-App': '1' } }), /404/);
      const { headers } = mock.history.get[0] ?? {};
      assert.equal(headers?.['X-App'], '1');
      assert.equal(headers?.traceparent, undefined);
      assert.equal((await clientSpan()).attributes['http.response.status_code'], 404);
    });
  });
}
