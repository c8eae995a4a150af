import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** As much of PostgreSQL as a client needs to ask it something: one row for every statement, an error for one with `fail`. */
export interface FakePostgres {
  readonly port: number;
  close(): Promise<void>;
}

/** Speaks PostgreSQL's protocol, version 3, on a free port. What it is asked makes no difference but for `fail`. */
export async function startPostgres(): Promise<FakePostgres> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(socket: Socket): void {
  let received: Buffer = Buffer.alloc(0);
  let isGreeted = false;
  let fails = false;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const head = isGreeted ? 1 : 0; // the first message has no type
      if (received.length < head + 4 || received.length < head + received.readInt32BE(head)) return;
      const type = isGreeted ? String.fromCharCode(received[0] ?? 0) : 'startup';
      const end = head + received.readInt32BE(head);
      const body = received.toString('latin1', head + 4, end);
      received = received.subarray(end);
      isGreeted = true;
      if (type === 'Q' || type === 'P') fails = body.includes('fail');
      socket.write(answer(type, fails));
    }
  });
}

function answer(type: string, fails: boolean): Buffer {
  if (type === 'startup') return Buffer.concat([message('R', int32(0)), READY]);
  if (type === 'Q') return Buffer.concat([result(fails), READY]);
  if (type === 'P') return message('1');
  if (type === 'B') return message('2');
  if (type === 'E') return result(fails);
  return type === 'S' ? READY : Buffer.alloc(0);
}

function result(fails: boolean): Buffer {
  if (fails) return message('E', text('SERROR'), text('C42P01'), text('Mrelation does not exist'), Buffer.from([0]));
  const column = Buffer.concat([text('one'), Buffer.alloc(6), int32(25), Buffer.from([255, 255]), int32(-1), int16(0)]);
  return Buffer.concat([
    message('T', int16(1), column),
    message('D', int16(1), int32(1), Buffer.from('1')),
    message('C', text('SELECT 1')),
  ]);
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const READY = message('Z', Buffer.from('I'));
