import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import axios from 'axios';
import { start, type Throughline, traceAxios, tracing } from 'throughline';
import type { PropagatorName } from '../../propagation/composite.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { listening } from '../support/listening.ts';
import { formats } from './fuzz-property.ts';
import { assertValid, assertValidField } from './wire.ts';
import type { Fields } from './wire-formats.ts';

const WIRES = formats.map(({ wire }) => wire);
const NAMES = formats.map(({ name }) => name as PropagatorName);
/** The fields that axios and Node write themselves. */
const CLIENT_FIELDS = new Set(['host', 'connection', 'accept', 'accept-encoding', 'user-agent']);
/** One valid carrier of all formats at once. */
const VALID: Fields = Object.assign({}, ...WIRES.map(({ seeds }) => seeds[0]));

/**
 * A service with every format on, between a caller that writes bytes on a socket and a service that
 * notes what reached it: what Node's HTTP parser lets through comes in, and what leaves is checked.
 */
describe('every byte that a request may hold', () => {
  let tl: Throughline;
  let inner: Server;
  let outer: Server;
  let sent: string[] = [];

  before(async () => {
    tl = start({ service: 'fuzz', exporters: 'none', propagators: NAMES, propagateTo: 'all' });
    inner = createServer((req, res) => {
      sent = req.rawHeaders;
      res.end();
    });
    const url = await listening(inner);
    const api = traceAxios(axios.create({ proxy: false }));
    async function answer(res: ServerResponse): Promise<void> {
      try {
        await api.get(url);
        res.end('sent');
      } catch (error) {
        res.writeHead(500).end(String(error));
      }
    }
    outer = createServer(tracing.handler((_req, res) => void answer(res)));
    await listening(outer);
  });

  after(async () => {
    for (const server of [outer, inner]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
    await tl.shutdown();
  });

  /** The answer to a request with these header lines, byte for byte. */
  async function ask(lines: readonly string[]): Promise<string> {
    sent = [];
    const socket = connect((outer.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    );
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    await once(socket, 'close');
    return answer;
  }

  /** 200 and valid fields, each once, or a request that Node itself refused. Returns whether it came through. */
  async function assertHarmless(lines: readonly string[]): Promise<boolean> {
    const answer = await ask(lines);
    if (/^HTTP\/1\.1 4\d\d /.test(answer)) return false;
    assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*sent/, JSON.stringify(lines));
    const written = sent.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, sent[at + 1] ?? '']] : []));
    const ours = written.filter(([name]) => !CLIENT_FIELDS.has(name.toLowerCase()));
    for (const [name, value] of ours) assertValidField(name, value, WIRES);
    assert.deepEqual(
      ours.map(([name]) => name),
      [...new Set(ours.map(([name]) => name))],
    );
    for (const { wire } of formats)
      assertValid(Object.fromEntries(ours.filter(([name]) => wire.grammarOf(name))), wire);
    return true;
  }

  const lines = (change: (value: string) => string) =>
    Object.entries(VALID).map(([name, value]) => `${name}: ${change(value)}`);

  it(
    'in any place of every field leaves nothing invalid behind',
    endsClean(async ({ watch }) => {
      watch(tl);
      let through = 0;
      for (let byte = 0; byte <= 0xff; byte += 1) {
        const character = String.fromCharCode(byte);
        through += Number(await assertHarmless(lines((value) => value.slice(0, 9) + character + value.slice(9))));
        through += Number(await assertHarmless(lines((value) => value + character)));
      }
      assert.ok(through >= 2 * (0x7f - 0x20 + 0x80), `only ${through} came through`);
    }),
  );

  it(
    'in fields that come twice, empty, alone or in another case leaves nothing invalid behind',
    endsClean(async ({ watch }) => {
      watch(tl);
      const shapes = [
        [...lines(String), ...lines(String)],
        [...lines(String), ...lines(() => '\x80\xff')],
        lines(() => ''),
        lines(() => ' \t '),
        lines(String).map((line) => line.toUpperCase()),
        ...lines(String).map((line) => [line]),
        ...lines(String).map((line) => [line, ...lines(() => 'x')]),
      ];
      for (const shape of shapes) assert.ok(await assertHarmless(shape), JSON.stringify(shape));
    }),
  );
});
