import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTraces, criticalOperations, diffTraces, report } from 'throughline/analysis';
import { drawDiff, drawReport, drawTrace } from 'throughline/terminal';
import type { SpanRecord } from '../../src/core/record.ts';
import { record } from '../analysis/records.ts';
import { call, request } from '../analysis/traces.ts';

/** A page that makes six equal calls, one after another: every drawing has something to say of them. */
function page(tags: SpanRecord['attributes'], name = 'GET'): SpanRecord[] {
  return [request(300), ...Array.from({ length: 6 }, (_, i) => call(i + 2, i * 50, 45, { name, tags }))];
}

/** All that can be drawn of some spans, by what it is. */
function drawings(spans: readonly SpanRecord[]): Record<string, string> {
  const traces = buildTraces(spans);
  const summary = { ...report(traces), critical: criticalOperations(traces) };
  const [findings = '', critical = '', operations = ''] = drawReport(summary).split('\n\n').slice(1);
  const diff = drawDiff(diffTraces(traces, traces));
  return { waterfall: drawTrace(spans), tree: drawTrace(spans, { as: 'tree' }), findings, critical, operations, diff };
}

describe('a span', () => {
  const cases: readonly [how: string, tags: SpanRecord['attributes'], label: string][] = [
    [
      'with its address',
      { 'server.address': '10.0.0.7', 'server.port': 8080, 'http.request.method': 'GET' },
      'GET → 10.0.0.7:8080',
    ],
    ['with the name that its caller gave its peer', { 'service.peer.name': 'stock' }, 'GET → stock'],
    ['with the older name of the same', { 'peer.service': 'stock' }, 'GET → stock'],
    ['with the peer before the address', { 'service.peer.name': 'stock', 'server.address': '10.0.0.7' }, 'GET → stock'],
    ['with its database', { 'db.system.name': 'postgresql', 'db.namespace': 'orders' }, 'GET → orders'],
    ['with its store, whose databases have numbers', { 'db.system.name': 'redis', 'db.namespace': '0' }, 'GET → redis'],
    ['with its queue', { 'messaging.destination.name': 'mails' }, 'GET → mails'],
  ];
  for (const [how, tags, label] of cases) {
    it(`has one name in every drawing: ${how}`, () => {
      for (const [drawing, text] of Object.entries(drawings(page(tags)))) {
        assert.ok(text.includes(label), `${drawing} says otherwise:\n${text}`);
      }
    });
  }

  it('that names its operation keeps its name alone', () => {
    for (const text of Object.values(drawings(page({ 'db.system.name': 'postgresql' }, 'SELECT orders')))) {
      assert.match(text, /SELECT orders/);
      assert.doesNotMatch(text, /SELECT orders →/);
    }
  });

  it('that met no route is named by its path, and in sums by having none', () => {
    const tags = { 'http.request.method': 'GET', 'url.path': '/favicon.ico' };
    const { waterfall, tree, operations, critical } = drawings([record({ id: 1, name: 'GET', kind: 'server', tags })]);
    for (const text of [waterfall, tree]) assert.match(text ?? '', /GET \(no route\) \/favicon\.ico/);
    for (const text of [operations, critical]) {
      assert.match(text ?? '', /GET \(no route\)/);
      assert.doesNotMatch(text ?? '', /favicon/);
    }
  });
});
