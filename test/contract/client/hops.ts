import assert from 'node:assert/strict';
import { span } from 'throughline';
import { inRequest, type Peer } from './peer.ts';
import { clientSpan, clientSpans, clientTest, traceparentOf } from './tracer.ts';
import type { ContractOptions, ContractTraits, Send } from './traits.ts';

// Parts of the client contract: what is told to a client, and the hops of a redirect.

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

export function describeOptions(peer: Peer, other: Peer, makeClient: (options: ContractOptions) => Send): void {
  clientTest('a host outside propagateTo gets no context, and the span says so', async () => {
    const withheld = makeClient({ propagateTo: [`127.0.0.1:${other.port}`] });
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, baggage: 'tenant=acme' };
    await inRequest(headers, async () => {
      await withheld({ url: `${peer.origin}/ok` });
      await withheld({ url: `${other.origin}/ok` });
    });
    const [kept, sent] = await clientSpans();
    assert.deepEqual(kept?.attributes['throughline.withheld'], ['trace', 'baggage']);
    assert.equal(peer.received[0]?.headers.traceparent, undefined);
    assert.equal(peer.received[0]?.headers.baggage, undefined);
    assert.equal(sent?.attributes['throughline.withheld'], undefined);
    assert.equal(other.received[0]?.headers.baggage, 'tenant=acme');
  });

  clientTest('the peer that the app names is on the span', async () => {
    await makeClient({ peer: 'stock' })({ url: `${peer.origin}/ok` });
    assert.equal((await clientSpan()).attributes['service.peer.name'], 'stock');
  });
}

export function describeRedirects(peer: Peer, other: Peer, send: Send, traits: ContractTraits): void {
  const { tooManyRedirects = 'ERR_FR_TOO_MANY_REDIRECTS' } = traits;
  clientTest('each hop of a redirect is a sibling span with its own context', async () => {
    await span('caller', () => send({ url: `${peer.origin}/redirect/302?to=/redirect/307?to=/ok` }));
    const hops = await clientSpans();
    assert.deepEqual(
      hops.map(({ attributes }) => [attributes['http.response.status_code'], attributes['http.request.resend_count']]),
      [
        [302, undefined],
        [307, 1],
        [200, 2],
      ],
    );
    assert.equal(new Set(hops.map(({ parentSpanId }) => parentSpanId)).size, 1);
    assert.deepEqual(
      peer.received.map(({ headers }) => headers.traceparent),
      hops.map(traceparentOf),
    );
    assert.deepEqual(
      hops.map(({ status }) => status.code),
      ['unset', 'unset', 'unset'],
    );
  });

  clientTest('a redirect to another origin is a span of that origin', async () => {
    await send({ url: `${peer.origin}/redirect/301?to=${other.origin}/ok` });
    const [, hop] = await clientSpans();
    assert.equal(hop?.attributes['server.port'], other.port);
    assert.equal(hop?.attributes['url.full'], `${other.origin}/ok`);
    assert.equal(other.received[0]?.headers.traceparent, hop && traceparentOf(hop));
  });

  clientTest('a loop of redirects ends every hop, the last one with the error', async () => {
    await assert.rejects(send({ url: `${peer.origin}/loop` }));
    const hops = await clientSpans();
    assert.equal(hops.length, peer.received.length);
    const last = hops.at(-1);
    assert.equal(last?.attributes['error.type'], tooManyRedirects ?? undefined);
    assert.equal(last?.attributes['http.request.resend_count'], hops.length - 1);
  });
}

export function describeStripping(peer: Peer, other: Peer, makeClient: (options: ContractOptions) => Send): void {
  clientTest('a redirect out of propagateTo leaves the context behind', async () => {
    const within = makeClient({ propagateTo: [`127.0.0.1:${peer.port}`] });
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'a=1', baggage: 'tenant=acme' };
    await inRequest(headers, () => within({ url: `${peer.origin}/redirect/302?to=${other.origin}/ok` }));
    assert.equal(peer.received[0]?.headers.baggage, 'tenant=acme');
    const { traceparent, tracestate, baggage } = other.received[0]?.headers ?? {};
    assert.deepEqual([traceparent, tracestate, baggage], [undefined, undefined, undefined]);
    assert.deepEqual((await clientSpans())[1]?.attributes['throughline.withheld'], ['trace', 'baggage']);
  });

  clientTest('a redirect into propagateTo brings the context', async () => {
    const into = makeClient({ propagateTo: [`127.0.0.1:${other.port}`] });
    await into({ url: `${peer.origin}/redirect/302?to=${other.origin}/ok` });
    const [, hop] = await clientSpans();
    assert.equal(peer.received[0]?.headers.traceparent, undefined);
    assert.equal(other.received[0]?.headers.traceparent, hop && traceparentOf(hop));
  });
}
