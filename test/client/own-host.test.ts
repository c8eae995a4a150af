import assert from 'node:assert/strict';
import http, { type ClientRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, beforeEach, describe } from 'node:test';
import { baggage, traceHttp } from 'throughline';
import { isPrivateHost } from '../../propagation/private-host.ts';
import { Peer } from '../contract/client/peer.ts';
import { clientSpan, clientTest, startWith, traceparentOf } from '../contract/client/tracer.ts';
import { answerText } from './answer-text.ts';

const peer = new Peer();
const other = new Peer();
const agent = new http.Agent({ keepAlive: true });

before(async () => {
  await peer.open();
  await other.open();
});
beforeEach(() => {
  peer.reset();
  other.reset();
});
after(async () => {
  agent.destroy();
  await peer.close();
  await other.close();
});

/** Node tells of requests since this version. */
const IS_TOLD = Number(process.versions.node.split('.')[0]) >= 22;
const PROPAGATE_TO: string[] = [];
startWith({
  instrument: { fetch: false, http: IS_TOLD },
  propagateTo: (url) =>
    PROPAGATE_TO.length === 0 ? { trace: true, baggage: isPrivateHost(url.hostname) } : PROPAGATE_TO.includes(url.host),
});

interface Options extends http.RequestOptions {
  readonly headers?: http.OutgoingHttpHeaders;
}

/** Calls that reach `peer` while their Host header names another place. */
const CALLS: Readonly<Record<string, () => readonly [Options] | readonly [URL, Options]>> = {
  'a Host of another name': () => [{ host: '127.0.0.1', port: peer.port, headers: { Host: 'tenant.example.com' } }],
  'a Host of another name and port': () => [
    { hostname: '127.0.0.1', port: String(peer.port), headers: { host: 'tenant.example.com:8443' } },
  ],
  'a Host of the same name on another port': () => [
    { host: '127.0.0.1', port: peer.port, headers: { Host: `127.0.0.1:${other.port}` } },
  ],
  'a Host of the same name without a port': () => [
    { host: '127.0.0.1', port: peer.port, headers: { Host: '127.0.0.1' } },
  ],
  'no Host at all': () => [{ host: '127.0.0.1', port: peer.port, setHost: false, headers: { host: 'x' } }],
  'a URL and a Host of another name': () => [new URL(peer.origin), { headers: { Host: 'tenant.example.com' } }],
  'a URL whose port the options change': () => [
    new URL(other.origin),
    { port: peer.port, headers: { Host: 'tenant.example.com' } },
  ],
  'a port by the agent': () => [
    {
      host: '127.0.0.1',
      agent: Object.assign(new http.Agent(), { defaultPort: peer.port }),
      headers: { Host: 'tenant.example.com' },
    },
  ],
  'a port by default': () => [{ host: '127.0.0.1', defaultPort: peer.port, headers: { Host: 'tenant.example.com' } }],
  'a list of headers': () => [
    {
      host: '127.0.0.1',
      port: peer.port,
      headers: ['Host', 'tenant.example.com'] as unknown as http.OutgoingHttpHeaders,
    },
  ],
  'no agent': () => [{ host: '127.0.0.1', port: peer.port, agent: false, headers: { Host: 'tenant.example.com' } }],
  'a connection that is used again': () => [
    { host: '127.0.0.1', port: peer.port, agent, headers: { Host: 'tenant.example.com' } },
  ],
};

type Send = (args: readonly unknown[], done: (answer: http.IncomingMessage) => void) => ClientRequest;

function sending(module: typeof http): Send {
  return (args, done) => module.request(...(args as [Options]), done);
}

const CLIENTS: Readonly<Record<string, Send>> = {
  traceHttp: sending(traceHttp(http)),
  'instrument.http': sending(http),
};

for (const [name, send] of Object.entries(CLIENTS)) {
  describe(`a Host header of the app's own: ${name}`, {
    skip: name === 'instrument.http' && !IS_TOLD ? 'Node 22' : false,
  }, () => {
    for (const [what, args] of Object.entries(CALLS)) {
      if (name === 'instrument.http' && what === 'a list of headers') continue; // written before anything can be added

      clientTest(`${what}: the span tells where the connection goes`, async () => {
        PROPAGATE_TO.length = 0;
        for (let times = what === 'a connection that is used again' ? 2 : 1; times > 0; times--) {
          assert.equal(await answerText((done) => send(args(), done)), 'ok');
        }
        for (const call of what.includes('again') ? [] : [await clientSpan()]) {
          assert.equal(call.attributes['server.address'], '127.0.0.1');
          assert.equal(call.attributes['server.port'], peer.port);
          assert.equal(call.attributes['url.full'], `${peer.origin}/`);
        }
      });

      clientTest(`${what}: where the connection goes decides what goes along`, async () => {
        PROPAGATE_TO.splice(0, PROPAGATE_TO.length, `127.0.0.1:${peer.port}`);
        await baggage.with({ tenant: 'acme' }, () => answerText((done) => send(args(), done)));
        assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(await clientSpan()));
        assert.equal(peer.received[0]?.headers.baggage, 'tenant=acme');
      });

      clientTest(`${what}: what the header names decides nothing`, async () => {
        PROPAGATE_TO.splice(0, PROPAGATE_TO.length, 'tenant.example.com', 'tenant.example.com:8443', '127.0.0.1');
        PROPAGATE_TO.push(`127.0.0.1:${other.port}`);
        await baggage.with({ tenant: 'acme' }, () => answerText((done) => send(args(), done)));
        assert.equal(peer.received[0]?.headers.traceparent, undefined);
        assert.equal(peer.received[0]?.headers.baggage, undefined);
        assert.deepEqual((await clientSpan()).attributes['throughline.withheld'], ['trace', 'baggage']);
      });
    }

    clientTest('a port that nobody can tell yet: what one port may not get does not go along', async () => {
      PROPAGATE_TO.splice(0, PROPAGATE_TO.length, `127.0.0.1:${peer.port}`, '127.0.0.1');
      const agent = new SilentAgent() as unknown as http.Agent;
      const options = { host: '127.0.0.1', port: peer.port, agent, headers: { Host: 'tenant.example.com' } };
      await answerText((done) => send([options], done));
      const call = await clientSpan();
      assert.equal(peer.received[0]?.headers.traceparent, name === 'traceHttp' ? traceparentOf(call) : undefined);
      assert.equal(call.attributes['server.port'], peer.port);
      assert.equal(call.attributes['url.full'], `${peer.origin}/`);
    });
  });
}

/** An agent that does not say what it has under way. */
class SilentAgent {
  readonly defaultPort = 80;
  readonly protocol = 'http:';

  addRequest(request: ClientRequest, options: object): void {
    const inner = new http.Agent() as http.Agent & { addRequest(request: ClientRequest, options: object): void };
    inner.addRequest(request, options);
  }
}

describe('an IPv6 address with a zone', () => {
  const createConnection = (): Socket => connect(peer.port, '127.0.0.1');

  for (const host of ['fe80::1%eth0', '[fe80::1%eth0]', 'fe80::a:b%25en0', 'fd00::1%lo']) {
    for (const key of ['host', 'hostname'] as const) {
      clientTest(`${key} ${host} is told, and is private`, async () => {
        PROPAGATE_TO.length = 0;
        const options = { [key]: host, port: 8081, path: '/ok', createConnection };
        const get = (): Promise<string> => answerText((done) => traceHttp(http).get(options, done));
        await baggage.with({ tenant: 'acme' }, get);
        const call = await clientSpan();
        const address = host.replace(/^\[|%.*$/g, '');
        assert.equal(call.attributes['server.address'], address);
        assert.equal(call.attributes['server.port'], 8081);
        assert.equal(call.attributes['url.full'], `http://[${address}]:8081/ok`);
        assert.equal(peer.received[0]?.headers.traceparent, traceparentOf(call));
        assert.equal(peer.received[0]?.headers.baggage, 'tenant=acme');
      });
    }
  }
});
