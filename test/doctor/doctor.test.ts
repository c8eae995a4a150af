import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type DoctorReport, span, start } from 'throughline';
import { otlp, zipkin } from 'throughline/exporters';
import { type Collector, collector } from 'throughline/test';
import { scriptedExporter } from '../pipeline/scripted-exporter.ts';
import { runNode } from '../support/child-process.ts';

let backend: Collector;
before(async () => {
  backend = await collector();
});
after(() => backend.close());
beforeEach(() => {
  backend.respond(undefined);
  backend.reset();
});

function found(report: DoctorReport, name: string): string[] {
  return report.checks.filter((check) => check.name === name).map(({ state, message }) => `${state}: ${message}`);
}

describe('doctor()', () => {
  it('finds nothing wrong beside a collector that answers, and sends it no span', async () => {
    const tl = start({ service: 'patient', exporters: otlp({ endpoint: backend.url }), spool: 'off' });
    const report = await tl.doctor();
    assert.equal(report.ok, true, JSON.stringify(report.checks, null, 1));
    assert.deepEqual(found(report, 'endpoint'), [`ok: ${backend.url}/v1/traces takes spans`]);
    assert.deepEqual(
      report.checks.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.deepEqual([backend.requests, backend.spans.length], [1, 0]);
    assert.equal(tl.stats().ended, 0);
    await tl.shutdown();
  });

  it('says why the collector cannot be reached, and what to look at', async () => {
    const gone = await collector();
    await gone.close();
    const tl = start({ exporters: otlp({ endpoint: gone.url }), spool: 'off' });
    const report = await tl.doctor();
    assert.equal(report.ok, false);
    assert.deepEqual(found(report, 'endpoint'), [
      `error: ${gone.url}/v1/traces cannot be reached: connection failed: ECONNREFUSED; is a collector running there? (OTEL_EXPORTER_OTLP_ENDPOINT)`,
    ]);
    await tl.shutdown(0);
  });

  it('says what the collector has against the spans', async () => {
    backend.respond(() => ({ status: 401, body: '{"message":"no key"}' }));
    const tl = start({ exporters: otlp({ endpoint: backend.url, protocol: 'http/json' }), spool: 'off' });
    const [message = ''] = found(await tl.doctor(), 'endpoint');
    assert.match(message, /^error: .* refuses spans: 401: no key; is the key in OTEL_EXPORTER_OTLP_HEADERS right\?$/);
    await tl.shutdown(0);
  });

  it('waits no longer than it was told for a collector that says nothing', async () => {
    backend.respond(() => 'hang');
    const tl = start({ exporters: otlp({ endpoint: backend.url }), spool: 'off' });
    const [message = ''] = found(await tl.doctor(100), 'endpoint');
    assert.match(message, /cannot be reached: no answer within 100 ms/);
    await tl.shutdown(0);
  });

  it('asks each of several exporters, and says which cannot be asked', async () => {
    const exporters = [otlp({ endpoint: backend.url }), zipkin({ endpoint: backend.url }), scriptedExporter()];
    const tl = start({ exporters, spool: 'off' });
    const messages = found(await tl.doctor(), 'endpoint');
    assert.match(messages[0] ?? '', /^ok: .* takes spans$/);
    assert.match(messages[1] ?? '', /^error: .* refuses spans: 404/);
    assert.match(messages[2] ?? '', /^ok: spans go to .*, which cannot be asked without sending some$/);
    await tl.shutdown(0);
  });

  it('holds an exporter of the app whose probe throws or lies', async () => {
    const throwing = Object.assign(scriptedExporter(), { probe: () => Promise.reject(new Error('broken probe')) });
    const lying = Object.assign(scriptedExporter(), { probe: () => Promise.resolve({} as never) });
    const tl = start({ exporters: [throwing, lying], spool: 'off' });
    const messages = found(await tl.doctor(), 'endpoint');
    assert.match(messages[0] ?? '', /cannot be reached: broken probe/);
    assert.match(messages[1] ?? '', /refuses spans/);
    await tl.shutdown(0);
  });

  it('finds a clock that disagrees with the collector', async () => {
    const { checkExporter } = await import('../../src/core/doctor/exporter-checks.ts');
    const tl = start({ exporters: otlp({ endpoint: backend.url }), spool: 'off' });
    const stats = tl.stats().exporters[0];
    assert.ok(stats);
    const at = (serverTimeMs: number) =>
      checkExporter({ stats, probe: { result: { outcome: 'accepted' }, serverTimeMs } }, 1_000_000).find(
        ({ name }) => name === 'clock',
      )?.message;
    assert.match(at(1_000_000 - 90_000) ?? '', /is 90 s ahead of the collector's/);
    assert.match(at(1_000_000 + 3_600_000) ?? '', /is 3600 s behind the collector's/);
    assert.match(at(999_000) ?? '', /agrees/);
    await tl.shutdown(0);
  });

  it('tells lost spans by their reason', async () => {
    backend.respond(() => ({ status: 400 }));
    const tl = start({ exporters: otlp({ endpoint: backend.url }), spool: 'off' });
    span('refused', () => undefined);
    await tl.flush();
    const [message = ''] = found(await tl.doctor(), 'spans');
    assert.match(message, /^error: 1 ended, 0 exported, 0 waiting, 0 on disk; lost: 1 by export \(400/);
    await tl.shutdown(0);
  });

  it('finds formats that are written and not read, and a tracer that writes none', async () => {
    const deaf = start({ exporters: 'none', propagators: { extract: ['b3'], inject: ['tracecontext'] } });
    assert.match(found(await deaf.doctor(), 'propagation')[0] ?? '', /^warning: sent are traceparent; none of it/);
    const mute = start({ exporters: 'none', propagators: [] });
    assert.match(found(await mute.doctor(), 'propagation')[0] ?? '', /^warning: no header is written/);
    const whole = start({ exporters: 'none' });
    const [message = ''] = found(await whole.doctor(), 'propagation');
    assert.equal(message, 'ok: sent are traceparent, baggage; a trace goes on through services with the same formats');
    const cloud = start({ exporters: 'none', propagators: ['cloudtrace'] });
    assert.match(found(await cloud.doctor(), 'propagation')[0] ?? '', /without baggage$/);
    await cloud.shutdown();
  });

  it('keeps a program alive that awaits it, and counts the copies of the package', async () => {
    const source = `
      import { start } from 'throughline';
      const copies = globalThis[Symbol.for('throughline.copies')];
      copies.push({ version: '0.9.9', url: 'file:///elsewhere/setup.js' });
      const report = await start({ exporters: 'none' }).doctor();
      console.log(report.checks.find(({ name }) => name === 'copies').message);
    `;
    const { status, stdout } = await runNode(['--input-type=module', '--eval', source]);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^2 copies of throughline are loaded, and are one tracer: .*0\.9\.9 from file:\/\/\/elsewhere\/setup\.js$/m,
    );
  });
});
