import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { it } from 'node:test';
import { start } from 'throughline';
import { memory } from 'throughline/exporters';
import { endsClean } from './checks/no-leaks.ts';
import { sendByHttp } from './client/http-sender.ts';
import { Peer } from './client/peer.ts';
import { clientContract } from './client/suite.ts';
import { startWith } from './client/tracer.ts';

const TRAITS = {
  redirects: 'none',
  bodies: ['text', 'bytes', 'stream'],
  credentials: 'moved',
  seesConnection: true,
  hasOptions: false,
} as const;

if (Number(process.versions.node.split('.')[0]) >= 22) {
  startWith({ instrument: { http: true } });
  clientContract('instrument.http, node:http', TRAITS, () =>
    sendByHttp(((...args: Parameters<typeof http.request>) => http.request(...args)) as typeof http.request, 'http'),
  );
  clientContract('instrument.http, node:https', { ...TRAITS, scheme: 'https' }, () =>
    sendByHttp(((...args: Parameters<typeof https.request>) => https.request(...args)) as typeof http.request, 'https'),
  );
} else {
  it(
    'instrument.http says that this Node has no channel for it, and traces nothing',
    endsClean(async ({ watch, takeDiagnostics }) => {
      const exporter = memory();
      const tracer = watch(start({ exporters: exporter, instrument: { http: true } }));
      const said = takeDiagnostics();
      assert.equal(said.length, 1);
      assert.match(String(said[0]), /^instrument\.http needs Node 22, this is 20\./);
      const peer = new Peer();
      await peer.open();
      await sendByHttp(http.request, 'http')({ url: `${peer.origin}/ok` });
      await peer.close();
      await tracer.flush();
      assert.deepEqual(exporter.spans, []);
      assert.equal(peer.received[0]?.headers.traceparent, undefined);
    }),
  );
}
