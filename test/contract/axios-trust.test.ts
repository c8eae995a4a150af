import assert from 'node:assert/strict';
import { after, before, beforeEach, describe } from 'node:test';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { type TraceAxiosOptions, traceAxios } from 'throughline';
import { assertSignatureHolds, authorization, presignedQuery } from './client/aws-signer.ts';
import { inRequest, Peer } from './client/peer.ts';
import { clientSpan, clientSpans, clientTest, traceparentOf } from './client/tracer.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const INCOMING = { traceparent: TRACEPARENT, tracestate: 'a=1', baggage: 'tenant=acme' };

const peer = new Peer();
before(() => peer.open());
beforeEach(() => peer.reset());
after(() => peer.close());

/** Every name leads to this machine, so that a public host can be spoken to. */
function lookupHere(_hostname: string, _options: object, done: (...answer: [null, string, number]) => void): void {
  done(null, '127.0.0.1', 4);
}

function traced(options: TraceAxiosOptions = {}): AxiosInstance {
  return traceAxios(axios.create({ lookup: lookupHere, validateStatus: () => true } as AxiosRequestConfig), options);
}

const publicOrigin = (): string => `http://shop.example.com:${peer.port}`;

/** Of our headers, what arrived with each request. */
function arrived(): unknown[] {
  return peer.received.map(({ headers: { traceparent, tracestate, baggage } }) => [traceparent, tracestate, baggage]);
}

describe('redirects to foreign hosts', () => {
  clientTest('strip baggage on the way to a public host, and bring it back on the way home', async () => {
    const there = `${publicOrigin()}/redirect/302?to=${peer.origin}/ok`;
    await inRequest(INCOMING, () => traced().get(`${peer.origin}/redirect/302?to=${there}`));
    const hops = await clientSpans();
    assert.deepEqual(
      hops.map(({ attributes }) => attributes['throughline.withheld']),
      [undefined, ['baggage'], undefined],
    );
    const [first, second, third] = hops.map(traceparentOf);
    assert.deepEqual(arrived(), [
      [first, 'a=1', 'tenant=acme'],
      [second, 'a=1', undefined],
      [third, 'a=1', 'tenant=acme'],
    ]);
  });

  clientTest("with 'private' leave everything at the private host", async () => {
    const client = traced({ propagateTo: 'private' });
    await inRequest(INCOMING, () => client.get(`${peer.origin}/redirect/307?to=${publicOrigin()}/ok`));
    const [, hop] = await clientSpans();
    assert.deepEqual(hop?.attributes['throughline.withheld'], ['trace', 'baggage']);
    assert.deepEqual(arrived()[1], [undefined, undefined, undefined]);
  });

  clientTest("take along neither our baggage nor the one of the app's that ours stood beside", async () => {
    const target = `${peer.origin}/redirect/302?to=${publicOrigin()}/ok`;
    await inRequest(INCOMING, () => traced().get(target, { headers: { Baggage: 'own=secret' } }));
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.baggage),
      ['tenant=acme,own=secret', undefined],
    );
  });

  clientTest('ask the parsed origin: neither path, query nor credentials make a host private', async () => {
    const decoys = [
      `${publicOrigin()}/localhost`,
      `${publicOrigin()}/?to=127.0.0.1`,
      `http://localhost:x@shop.example.com:${peer.port}/`,
      `http://127.0.0.1.example.com:${peer.port}/`,
    ];
    for (const decoy of decoys) await inRequest(INCOMING, () => traced().get(decoy));
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.baggage),
      decoys.map(() => undefined),
    );
  });
});

describe('requests signed by AWS Signature Version 4', () => {
  const host = (): string => `127.0.0.1:${peer.port}`;
  const signedBy = (headers: Record<string, string>): Record<string, string> => ({
    ...headers,
    authorization: authorization('GET', '/ok', headers),
  });

  async function send(path: string, headers: Record<string, string>): Promise<void> {
    await inRequest(INCOMING, () => traced().get(`${peer.origin}${path}`, { headers }));
    assertSignatureHolds(peer.received[0]);
  }

  clientTest('get context beside what the signature covers', async () => {
    await send('/ok', signedBy({ host: host(), 'x-amz-date': '20260801T120000Z' }));
    const call = await clientSpan();
    assert.deepEqual(arrived(), [[traceparentOf(call), 'a=1', 'tenant=acme']]);
    assert.equal(call.attributes['throughline.withheld'], undefined);
  });

  for (const field of ['traceparent', 'tracestate', 'baggage'] as const) {
    clientTest(`arrive as they were signed when the signature covers ${field}, and the span says so`, async () => {
      const own = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`, tracestate: 'own=1', baggage: 'own=1' };
      await send('/ok', signedBy({ host: host(), [field]: own[field] }));
      const expected = (['traceparent', 'tracestate', 'baggage'] as const).map((name) =>
        name === field ? own[name] : undefined,
      );
      assert.deepEqual(arrived(), [expected]);
      assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace', 'baggage']);
    });
  }

  clientTest('get nothing when the signature does not say what it covers', async () => {
    const headers = { Authorization: 'AWS4-HMAC-SHA256 something else' };
    await inRequest(INCOMING, () => traced().get(`${peer.origin}/ok`, { headers }));
    assert.deepEqual(arrived(), [[undefined, undefined, undefined]]);
    assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace', 'baggage']);
  });

  clientTest('get context when the URL is presigned for its host alone', async () => {
    await send(`/ok?${presignedQuery('GET', '/ok', { host: host() })}`, {});
    assert.deepEqual(arrived(), [[traceparentOf(await clientSpan()), 'a=1', 'tenant=acme']]);
  });

  clientTest('arrive as they were signed when a presigned URL covers one of our headers', async () => {
    const own = { baggage: 'own=1' };
    await send(`/ok?${presignedQuery('GET', '/ok', { host: host(), ...own })}`, own);
    assert.deepEqual(arrived(), [[undefined, undefined, 'own=1']]);
    assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace', 'baggage']);
  });

  clientTest('keep their signature over retries that sign again whatever headers there are', async () => {
    const client = traced();
    client.interceptors.request.use((config) => {
      const { authorization: _, ...rest } = config.headers.toJSON() as Record<string, string>;
      const headers = { ...rest, host: host() };
      config.headers.set({ host: host(), authorization: authorization('GET', '/flaky/2', headers) });
      return config;
    });
    axiosRetry(client, { retries: 2, retryDelay: () => 0, validateResponse: ({ status }) => status < 500 });
    const headers = { 'Accept-Encoding': 'identity', 'User-Agent': 'shop' };
    await inRequest(INCOMING, () => client.get(`${peer.origin}/flaky/2`, { headers }));
    assert.deepEqual(
      arrived(),
      (await clientSpans()).map((call) => [traceparentOf(call), 'a=1', 'tenant=acme']),
    );
    assert.equal(peer.received.length, 3);
    for (const received of peer.received) assertSignatureHolds(received);
  });

  clientTest('are left alone on the hop of a redirect as well', async () => {
    const headers = signedBy({ host: host(), baggage: 'own=1' });
    await inRequest(INCOMING, () => traced().get(`${peer.origin}/redirect/307?to=/ok`, { headers }));
    const hops = await clientSpans();
    assert.deepEqual(
      hops.map(({ attributes }) => attributes['throughline.withheld']),
      [
        ['trace', 'baggage'],
        ['trace', 'baggage'],
      ],
    );
    assert.deepEqual(arrived()[1], [undefined, undefined, 'own=1']);
  });
});
