import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import axios from 'axios';
import { baggage, span, start, traceAxios, tracing } from 'throughline';
import { extract, inject } from 'throughline/propagation';
import { capture } from 'throughline/test';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const MESSAGE = { traceparent: TRACEPARENT, baggage: 'tenant=acme;ttl=30' };
const sent = (): string | undefined => inject<Record<string, string>>({}).baggage;

test('a span under what extract read runs with the baggage that came with it', async () => {
  await capture(async () => {
    const parent = extract(MESSAGE) ?? null;
    await baggage.with({ consumer: 'loop' }, async () => {
      await span('callback', { parent }, async () => {
        assert.equal(sent(), MESSAGE.baggage);
        await Promise.resolve();
        assert.equal(sent(), MESSAGE.baggage);
      });
      assert.equal(sent(), 'consumer=loop');
      {
        using _ = span('scope', { parent });
        assert.equal(sent(), MESSAGE.baggage);
      }
      assert.equal(sent(), 'consumer=loop');
      const wrapped = span.wrap('wrapped', sent, parent === null ? {} : { parent });
      assert.equal(wrapped(), MESSAGE.baggage);
    });
  });
});

test('baggage of ours does not get into the trace of a message that brought none', async () => {
  await capture(() => {
    const bare = extract({ traceparent: TRACEPARENT }) ?? null;
    baggage.with({ consumer: 'loop' }, () => {
      span('message', { parent: bare }, () => assert.equal(sent(), undefined));
      span('new trace', { parent: null }, () => assert.equal(sent(), 'consumer=loop'));
    });
  });
});

test('baggage that came without a trace begins a trace that has it', async () => {
  const captured = await capture(() => {
    span('message', { parent: extract({ baggage: 'a=1' }) ?? null }, () => assert.equal(sent(), 'a=1'));
  });
  assert.equal(captured.spans[0]?.parentSpanId, undefined);
});

test('what is no baggage in a parent that the app made up counts as none', async () => {
  await capture(() => {
    const parent = { ...extract(MESSAGE), baggage: { get: () => assert.fail('asked') } };
    span('message', { parent: parent as never }, () => assert.equal(sent(), undefined));
  });
});

test('a disabled tracer passes the baggage of a message on', async () => {
  process.env.OTEL_SDK_DISABLED = 'true';
  const disabled = start();
  delete process.env.OTEL_SDK_DISABLED;
  span('message', { parent: extract(MESSAGE) ?? null }, () => assert.deepEqual(inject({}), MESSAGE));
  span('message', { parent: extract({ baggage: 'a=1' }) ?? null }, () =>
    assert.deepEqual(inject({}), { baggage: 'a=1' }),
  );
  await disabled.shutdown();
});

test('declared values are attributes of the spans that start with them: server, client, own', async () => {
  const client = traceAxios(axios.create());
  const captured = await capture({ baggageAttributes: ['tenant', '__proto__', 'late'] }, async () => {
    const server = createServer(
      tracing.handler(async (req, res) => {
        if (req.url !== '/again') {
          baggage.set('late', 'yes');
          await span('own', async (own) => {
            own.child('child').end();
            await client.get(`http://127.0.0.1:${port}/again`);
          });
        }
        res.end();
      }),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { traceparent: TRACEPARENT, baggage: 'tenant=acme,secret=canary,__proto__=x' };
    const [res] = (await once(get({ host: '127.0.0.1', port, headers, agent: false }), 'response')) as [
      IncomingMessage,
    ];
    res.resume();
    await once(res, 'end');
    server.close();
    await once(server, 'close');
  });
  const early = [
    ['tenant', 'acme'],
    ['__proto__', 'x'],
  ];
  const late = [...early, ['late', 'yes']];
  const noted = captured.spans.map(({ name, kind, attributes }) => [
    kind === 'internal' ? name : kind,
    Object.entries(attributes).filter(([key]) => ['tenant', '__proto__', 'late', 'secret'].includes(key)),
  ]);
  assert.deepEqual(
    noted.sort(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['child', late],
      ['client', late],
      ['own', late],
      ['server', late],
      ['server', early],
    ],
  );
  assert.doesNotMatch(JSON.stringify(captured.spans), /canary/);
});

test('declared values come from the message for a span under it, and the attributes given in code win', async () => {
  const captured = await capture({ baggageAttributes: ['tenant', 'region'] }, () => {
    const parent = extract({ traceparent: TRACEPARENT, baggage: 'tenant=acme,region=eu' }) ?? null;
    baggage.with({ tenant: 'loop' }, () => {
      span('message', { parent, attributes: { region: 'by code' } }, () => undefined);
      span('other', () => undefined);
    });
  });
  assert.deepEqual(
    captured.spans.map(({ attributes }) => attributes),
    [{ tenant: 'acme', region: 'by code' }, { tenant: 'loop' }],
  );
});

test('a value that is copied is bounded like any other attribute', async () => {
  const captured = await capture({ baggageAttributes: ['long'], limits: { attributeLength: 10 } }, () => {
    baggage.with({ long: 'x'.repeat(1000) }, () => span('own', () => undefined));
  });
  assert.equal(captured.spans[0]?.attributes.long, 'x'.repeat(10));
});
