import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { current, span, start, tracing } from 'throughline';
import type { Exporter } from 'throughline/exporters';

/**
 * A small app whose tracer breaks in every way that an app or a plug-in can make it break. It prints
 * what the app itself sees: that must read the same whatever happens inside us.
 */
const bomb = new Proxy(
  {},
  {
    get() {
      throw new Error('get');
    },
    ownKeys() {
      throw new Error('ownKeys');
    },
  },
);
const trap = {
  get boom(): never {
    throw new Error('getter');
  },
  toString(): never {
    throw new Error('toString');
  },
};

const exporters: Readonly<Record<string, Exporter>> = {
  throws: {
    name: 'throws',
    export() {
      throw new Error('export throws');
    },
  },
  rejects: { name: 'rejects', export: () => Promise.reject(bomb) },
  silent: { name: 'silent', export: () => new Promise(() => {}) },
  lies: { name: 'lies', export: () => Promise.resolve(bomb as never) },
  closes: {
    name: 'closes',
    export: () => Promise.resolve({ outcome: 'accepted' }),
    shutdown() {
      throw trap;
    },
  },
};

process.on('uncaughtException', (error) => console.log('uncaught', String(error)));
process.on('unhandledRejection', (error) => console.log('unhandled', String(error)));

const wanted = process.argv[2] ?? 'none';
const throughline = start({ service: 'own faults', exporters: exporters[wanted] ?? 'none' });

const server = createServer(
  tracing.handler((req, res) => {
    const active = current();
    active?.setAttributes(bomb as never);
    active?.setAttribute('trap', trap as never);
    active?.recordException(bomb as never);
    active?.fail(trap as never);
    active?.addEvent(trap as never, bomb as never);
    active?.addLink({ context: bomb as never });
    active?.updateName(bomb as never);
    active?.setStatus(bomb as never);
    active?.end(bomb as never);
    res.end(`hello ${req.url}`);
  }),
);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
for (let i = 0; i < 20; i++) {
  const response = await fetch(`http://127.0.0.1:${port}/${i}`);
  console.log(response.status, await response.text());
}
console.log(span('sum', () => 1 + 1));
try {
  span('fails', () => {
    throw trap;
  });
} catch (error) {
  console.log('the same object', error === trap);
}
await throughline.flush(300);
await throughline.shutdown(300);
server.close();
server.closeAllConnections();
console.log('done');
