import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { buildTraces, type SpanRecord, sumUp, type TreeNode, walk } from 'throughline/analysis';
import { parseSpans } from 'throughline/exporters';
import { outline } from '../../examples/function-calls/show.ts';
import { outputOfNode } from '../support/child-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const TREE = `\
server1 {"test":true}
  server2 {"order.id":42} "asked stock"
    server3
checkout
  price {"item":"pear"}
  price {"item":"plum"}
  stock {"warehouse":"north"}
warm up
clean up`;

describe('examples/function-calls', async () => {
  const path = join(folder, 'spans.jsonl');
  const output = await outputOfNode(['dist/examples/function-calls/main.js', path]);
  const spans = parseSpans(readFileSync(path, 'utf8'));

  it('saves records that read back to exactly its tree', () => {
    assert.equal(outline(spans), TREE);
    assert.ok(output.includes(`9 spans read back from ${path}:\n\n${TREE}\n`));
  });

  it('prints a tree for each trace, names indented below their parents', () => {
    const drawn = output.slice(0, output.indexOf('9 spans read back'));
    const columns = ['server1', 'server2', 'server3'].map((name) => columnOf(drawn, name));
    assert.ok(
      columns.every((column, n) => n === 0 || column > (columns[n - 1] ?? 0)),
      drawn,
    );
    assert.equal(columnOf(drawn, 'stock '), columnOf(drawn, 'price '));
    for (const name of ['checkout', 'warm up', 'clean up']) assert.ok(drawn.includes(name), name);
  });

  it('has durations that hold together: a parent spans the union of its children', () => {
    for (const tree of buildTraces(spans)) for (const node of walk(tree)) assertWithin(node);
  });

  it('sums up to what its records say', () => {
    const sums = new Map(sumUp(spans).map((sum) => [sum.name, sum]));
    assert.equal(sums.get('price')?.calls, 2);
    for (const { name, selfMs, totalMs } of sums.values()) {
      assert.ok(selfMs >= 0 && selfMs <= totalMs, name);
      assert.match(output, new RegExp(`^${name} +\\d+ +\\d+\\.\\d ms +\\d+\\.\\d ms$`, 'm'));
    }
    const [server1, server2] = ['server1', 'server2'].map((name) => sums.get(name));
    assert.ok(Math.abs(Number(server1?.selfMs) - (Number(server1?.totalMs) - Number(server2?.totalMs))) < 1e-6);
    assert.equal(sums.get('server3')?.selfMs, sums.get('server3')?.totalMs);
  });
});

describe('examples/logs', () => {
  it('writes log lines that name the spans they were written in', async () => {
    const output = await outputOfNode(['dist/examples/logs/main.js']);
    const [outside, order, stock] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(outside.trace_id, undefined);
    assert.match(order.trace_id, /^[0-9a-f]{32}$/);
    assert.equal(stock.trace_id, order.trace_id);
    assert.notEqual(stock.span_id, order.span_id);
  });
});

function columnOf(text: string, name: string): number {
  const line = text.split('\n').findLast((candidate) => candidate.includes(name));
  return line?.indexOf(name) ?? -1;
}

function endOf({ startTimeMs, durationMs }: SpanRecord): number {
  return startTimeMs + durationMs;
}

/** Doubles since 1970 resolve a quarter of a microsecond, and a file holds whole nanoseconds. */
const ROUNDING_MS = 0.001;

function assertWithin({ span, children }: TreeNode): void {
  for (const child of children) {
    assert.ok(child.span.startTimeMs >= span.startTimeMs - ROUNDING_MS, `${child.span.name} starts in ${span.name}`);
    assert.ok(endOf(child.span) <= endOf(span) + ROUNDING_MS, `${child.span.name} ends in ${span.name}`);
  }
}
