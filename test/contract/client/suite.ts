import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe } from 'node:test';
import { type SpanRecord, span } from 'throughline';
import { describeOptions, describeRedirects, describeStripping } from './hops.ts';
import { closedPort, inRequest, Peer } from './peer.ts';
import { clientSpan, clientSpans, clientTest, spansSoFar, traceparentOf } from './tracer.ts';
import type { BodyKind, ContractOptions, ContractTraits, Send } from './traits.ts';

/** A body to send, and what must arrive. */
interface BodyCase {
  readonly body: unknown;
  readonly arrives: string | RegExp;
}

const BODIES: Readonly<Record<BodyKind, () => BodyCase>> = {
  text: () => ({ body: 'id=7&name=\u00e4', arrives: 'id=7&name=\u00c3\u00a4' }),
  json: () => ({ body: { a: [1, 'x'] }, arrives: '{"a":[1,"x"]}' }),
  parameters: () => ({ body: new URLSearchParams({ a: '1', b: 'x y' }), arrives: 'a=1&b=x+y' }),
  bytes: () => ({ body: Buffer.from([0, 255, 10, 13]), arrives: '\u0000\u00ff\n\r' }),
  stream: () => ({ body: Readable.from([Buffer.from('one'), Buffer.from('two')]), arrives: 'onetwo' }),
  form: () => ({ body: form(), arrives: /name="file"[\s\S]*content/ }),
};

/** One character a byte. */
function assertArrived(received: Buffer | undefined, expected: string | RegExp): void {
  const text = received?.toString('latin1') ?? '';
  if (typeof expected === 'string') assert.equal(text, expected);
  else assert.match(text, expected);
}

function form(): FormData {
  const data = new FormData();
  data.append('file', new Blob(['content']), 'file.txt');
  return data;
}

function exceptionsOf(events: SpanRecord['events']): SpanRecord['events'] {
  return events.filter(({ name }) => name === 'exception');
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

/**
 * The list that every instrumented client holds to: what its spans say, what it sends along and to
 * whom, and that the app's own request and its outcome stay what they were.
 */
export function clientContract(
  name: string,
  traits: ContractTraits,
  makeClient: (options: ContractOptions) => Send,
): void {
  describe(`client contract: ${name}`, () => {
    const scheme = traits.scheme ?? 'http';
    const peer = new Peer(scheme);
    const other = new Peer(scheme);
    const send = makeClient({});

    before(async () => {
      await peer.open();
      await other.open();
    });
    beforeEach(() => {
      peer.reset();
      other.reset();
    });
    after(async () => {
      await peer.close();
      await other.close();
    });

    clientTest('an answered request is one CLIENT span under the active span', async () => {
      const response = await span('caller', () => send({ url: `${peer.origin}/ok` }));
      assert.deepEqual(response, { status: 200, body: 'ok' });
      const call = await clientSpan();
      const caller = (await spansSoFar()).find((record) => record.name === 'caller');
      assert.equal(call.name, 'GET');
      assert.equal(call.parentSpanId, caller?.spanId);
      assert.equal(call.parentIsRemote, false);
      assert.deepEqual(call.status, { code: 'unset' });
      assert.deepEqual(call.attributes, {
        'http.request.method': 'GET',
        'url.full': `${peer.origin}/ok`,
        'server.address': '127.0.0.1',
        'server.port': peer.port,
        'http.response.status_code': 200,
        ...(traits.seesConnection && {
          'network.protocol.version': '1.1',
          'network.peer.address': '127.0.0.1',
          'network.peer.port': peer.port,
        }),
      });
      assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
    });

    clientTest('without an active span the call is a root', async () => {
      await send({ url: `${peer.origin}/ok` });
      const call = await clientSpan();
      assert.equal(call.parentSpanId, undefined);
      assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
    });

    for (const status of [400, 404, 500, 503]) {
      clientTest(`an answer ${status} is an error whose type is the code, without a description`, async () => {
        assert.equal((await send({ url: `${peer.origin}/status/${status}` })).status, status);
        const { attributes, status: ending, events } = await clientSpan();
        assert.equal(attributes['http.response.status_code'], status);
        assert.equal(attributes['error.type'], String(status));
        assert.deepEqual(ending, { code: 'error' });
        assert.deepEqual(exceptionsOf(events), []);
      });
    }

    clientTest('a refused connection is an error named by its code', async () => {
      await assert.rejects(send({ url: `${scheme}://127.0.0.1:${await closedPort()}/` }));
      const { attributes, status, events } = await clientSpan();
      assert.equal(attributes['error.type'], 'ECONNREFUSED');
      assert.equal(attributes['http.response.status_code'], undefined);
      assert.equal(status.code, 'error');
      assert.equal(exceptionsOf(events).length, 1);
    });

    clientTest('a name that does not resolve is an error named by its code', async () => {
      await assert.rejects(send({ url: `${scheme}://nobody.invalid/` }));
      const { attributes } = await clientSpan();
      assert.match(String(attributes['error.type']), /^(ENOTFOUND|EAI_AGAIN)$/);
      assert.equal(attributes['server.address'], 'nobody.invalid');
      assert.equal(attributes['server.port'], scheme === 'http' ? 80 : 443);
    });

    if (traits.seesBody !== false) {
      clientTest('an answer that breaks off is an error that keeps its status', async () => {
        await assert.rejects(send({ url: `${peer.origin}/cut` }));
        const { attributes, status } = await clientSpan();
        assert.notEqual(attributes['error.type'], undefined);
        if (traits.seesConnection) assert.equal(attributes['http.response.status_code'], 200);
        assert.equal(status.code, 'error');
      });
    }

    clientTest('a connection that is closed without an answer is an error, recorded once', async () => {
      await assert.rejects(send({ url: `${peer.origin}/reset` }));
      const { attributes, status, events } = await clientSpan();
      assert.match(String(attributes['error.type']), /^(ECONNRESET|UND_ERR_SOCKET)$/);
      assert.equal(attributes['http.response.status_code'], undefined);
      assert.equal(status.code, 'error');
      assert.equal(exceptionsOf(events).length, 1);
    });

    for (const [method, path, status] of [
      ['HEAD', '/ok', 200],
      ['GET', '/status/204', 204],
      ['GET', '/status/304', 304],
      ['DELETE', '/ok', 200],
      ['OPTIONS', '/ok', 200],
    ] as const) {
      clientTest(`${method} answered by ${status} is one span that ends`, async () => {
        const answer = await send({ url: `${peer.origin}${path}`, method });
        assert.equal(answer.status, status);
        const call = await clientSpan();
        assert.equal(call.name, method);
        assert.equal(call.attributes['http.response.status_code'], status);
        assert.deepEqual(call.status, { code: 'unset' });
      });
    }

    clientTest('an informational answer is not the answer', async () => {
      assert.deepEqual(await send({ url: `${peer.origin}/hints` }), { status: 200, body: 'ok' });
      const { attributes, events } = await clientSpan();
      assert.equal(attributes['http.response.status_code'], 200);
      const told = events.filter(({ name }) => name === 'informational response');
      assert.deepEqual(
        told.map((event) => event.attributes),
        traits.seesConnection ? [{ 'http.response.status_code': 103 }] : [],
      );
    });

    clientTest('an answer in pieces, with trailers, and a big one arrive whole', async () => {
      assert.equal((await send({ url: `${peer.origin}/pieces` })).body, 'one two three');
      assert.equal((await send({ url: `${peer.origin}/big` })).body.length, 1_000_000);
      assert.equal((await clientSpans()).length, 2);
    });

    if (traits.seesConnection) {
      clientTest('the stages of a connection are events, and one that is used again says so', async () => {
        // Of its own: undici of Node 24 may close each connection to an origin that has reset some.
        const fresh = new Peer(scheme);
        await fresh.open();
        for (let at = 0; at < 5; at++) await send({ url: `${fresh.origin}/ok` });
        await fresh.close();
        const stages = (await clientSpans()).map(({ events }) => events.map(({ name }) => name));
        assert.equal(stages.length, 5);
        for (const [connection, ...rest] of stages) {
          assert.match(String(connection), /^(connected|connection reused)$/);
          assert.deepEqual(
            rest,
            connection === 'connected' && scheme === 'https' ? ['tls', 'response head'] : ['response head'],
          );
        }
        assert.ok(stages.some(([connection]) => connection === 'connection reused'));
      });
    }

    clientTest('a timeout is an error of type timeout', async () => {
      await assert.rejects(send({ url: `${peer.origin}/hang`, timeoutMs: 20 }));
      const { attributes, status } = await clientSpan();
      assert.equal(attributes['error.type'], 'timeout');
      assert.equal(status.code, 'error');
    });

    clientTest('a deadline of the caller (AbortSignal.timeout) is a timeout', async () => {
      await assert.rejects(send({ url: `${peer.origin}/hang`, signal: AbortSignal.timeout(20) }));
      assert.equal((await clientSpan()).attributes['error.type'], 'timeout');
    });

    clientTest('a request that the caller cancels is no error', async () => {
      const controller = new AbortController();
      const arrived = peer.arrived();
      const sent = send({ url: `${peer.origin}/hang`, signal: controller.signal });
      await arrived;
      controller.abort();
      await assert.rejects(sent);
      const { attributes, status, events } = await clientSpan();
      assert.equal(attributes['throughline.ending'], 'cancelled');
      assert.equal(attributes['error.type'], undefined);
      assert.deepEqual(status, { code: 'unset' });
      assert.deepEqual(exceptionsOf(events), []);
    });

    clientTest('a request that was cancelled before it began sends nothing', async () => {
      await assert.rejects(send({ url: `${peer.origin}/ok`, signal: AbortSignal.abort() }));
      assert.deepEqual(peer.received, []);
    });

    clientTest('credentials and query values stay out of the span', async () => {
      const { credentials = 'redacted' } = traits;
      const given = credentials === 'refused' ? '' : 'canary:s3cret@';
      await send({ url: `${scheme}://${given}127.0.0.1:${peer.port}/ok?token=t0psecret&flag` });
      const call = await clientSpan();
      const shown = credentials === 'redacted' ? 'REDACTED:REDACTED@' : '';
      assert.equal(call.attributes['url.full'], `${scheme}://${shown}127.0.0.1:${peer.port}/ok?token=REDACTED&flag`);
      assert.doesNotMatch(JSON.stringify(call), /canary|s3cret|t0psecret/);
      assert.equal(peer.received[0]?.path, '/ok?token=t0psecret&flag');
    });

    clientTest('a method that nobody knows names the span HTTP', async () => {
      await send({ url: `${peer.origin}/ok`, method: 'PURGE' });
      const { name: spanName, attributes } = await clientSpan();
      assert.equal(spanName, 'HTTP');
      assert.equal(attributes['http.request.method'], '_OTHER');
      assert.equal(attributes['http.request.method_original'], 'PURGE');
      assert.equal(peer.received[0]?.method, 'PURGE');
    });

    for (const kind of traits.bodies) {
      clientTest(`a body (${kind}) arrives unchanged`, async () => {
        const { body, arrives } = BODIES[kind]();
        await send({ url: `${peer.origin}/ok`, method: 'POST', body });
        assert.equal((await clientSpan()).name, 'POST');
        assertArrived(peer.received[0]?.body, arrives);
      });
    }

    clientTest('concurrent calls keep their own parents', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `caller ${index}`);
      await Promise.all(
        names.map((caller) => span(caller, () => send({ url: `${peer.origin}/ok`, headers: { 'x-caller': caller } }))),
      );
      const spans = await spansSoFar();
      const calls = await clientSpans();
      assert.equal(calls.length, names.length);
      for (const { headers } of peer.received) {
        const call = calls.find((record) => traceparentOf(record) === headers.traceparent);
        const caller = spans.find((record) => record.spanId === call?.parentSpanId);
        assert.equal(caller?.name, headers['x-caller']);
        assert.equal(caller?.traceId, call?.traceId);
      }
    });

    clientTest('an unsampled trace is sent on with its flag down, and recorded nowhere', async () => {
      await inRequest({ traceparent: `00-${TRACE}-${CALLER}-00` }, () => send({ url: `${peer.origin}/ok` }));
      const traceparent = String(peer.received[0]?.headers.traceparent);
      assert.match(traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
      assert.ok(!traceparent.includes(CALLER));
      assert.deepEqual(await spansSoFar(), []);
    });

    clientTest('tracestate and baggage of the caller go along', async () => {
      const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'a=1,b=2', baggage: 'tenant=acme;p=1' };
      await inRequest(headers, () => send({ url: `${peer.origin}/ok` }));
      const { tracestate, baggage } = peer.received[0]?.headers ?? {};
      assert.deepEqual({ tracestate, baggage }, { tracestate: headers.tracestate, baggage: headers.baggage });
    });

    clientTest('hostile tracestate and baggage never make a request that cannot be sent', async () => {
      const headers = {
        traceparent: `00-${TRACE}-${CALLER}-01`,
        tracestate: 'ok=1,\u00e4=\u00ff,=,',
        baggage: 'a=%0d%0aInjected:%201,\u00e9=2,b=%FF,__proto__=x',
      };
      await inRequest(headers, () => send({ url: `${peer.origin}/ok` }));
      const sent = peer.received[0]?.headers ?? {};
      assert.equal(sent.injected, undefined);
      for (const value of [sent.tracestate, sent.baggage]) assert.match(String(value ?? ''), /^[\x20-\x7e]*$/);
    });

    clientTest('trace headers that the app set itself are replaced by ours', async () => {
      const stale = { TraceParent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'stale=1' };
      await send({ url: `${peer.origin}/ok`, headers: stale });
      const { headers, rawHeaders } = peer.received[0] ?? {};
      assert.equal(headers?.traceparent, traceparentOf(await clientSpan()));
      assert.equal(headers?.tracestate, undefined);
      assert.equal(rawHeaders?.filter((field) => field.toLowerCase() === 'traceparent').length, 1);
    });

    clientTest('a request whose signature does not say what it covers goes out as it was signed', async () => {
      const caller = { traceparent: `00-${TRACE}-${CALLER}-01`, baggage: 'tenant=acme' };
      const headers = { authorization: 'AWS4-HMAC-SHA256 something else' };
      await inRequest(caller, () => send({ url: `${peer.origin}/ok`, headers }));
      const { traceparent, baggage } = peer.received[0]?.headers ?? {};
      assert.deepEqual([traceparent, baggage], [undefined, undefined]);
      assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace', 'baggage']);
    });

    if (traits.hasOptions !== false) describeOptions(peer, other, makeClient);
    if (traits.redirects === 'seen') describeRedirects(peer, other, send, traits);
    if (traits.redirects === 'seen' && traits.hasOptions !== false) describeStripping(peer, other, makeClient);
    if (traits.redirects === 'unseen') {
      clientTest('redirects out of sight are one span with the last status', async () => {
        await send({ url: `${peer.origin}/redirect/302?to=/ok` });
        assert.equal((await clientSpan()).attributes['http.response.status_code'], 200);
      });
    }
  });
}
