import { createServer } from 'mysql2';
import { freePort } from '../support/free-port.ts';

/** A server of mysql2's own, which says OK to every query. */
export interface FakeMysql {
  readonly port: number;
  close(): Promise<void>;
}

export async function startMysql(): Promise<FakeMysql> {
  const port = await freePort();
  const server = createServer((connection) => {
    // Its numbering of packets does not begin anew by itself, and each side would complain of the other.
    const answer = (write: () => void) => {
      write();
      connection.sequenceId = 0;
    };
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 8,
      capabilityFlags: 0xffffff,
      authCallback: (_user: unknown, done: (error: null) => void) => answer(() => done(null)),
    });
    connection.on('query', () => {
      connection.sequenceId = 1;
      answer(() => connection.writeOk());
    });
    connection.on('error', () => {}); // the client has left
  });
  server.listen(port);
  return {
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
