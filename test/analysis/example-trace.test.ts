import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildTraces, report } from 'throughline/analysis';
import { exampleTraces } from './example-traces.ts';

describe("the report of the example's traces", () => {
  const { findings, edges, traces, spans } = report(buildTraces(exampleTraces()));

  it('names the slow call, the retry, the calls that could run side by side, and the failing service', () => {
    assert.deepEqual(
      findings.map(({ kind, traceId, service, operation, savingMs }) => [
        kind,
        traceId[0],
        service,
        operation,
        savingMs,
      ]),
      [
        ['straggler', 'a', 'shop', 'GET', 360],
        ['retry-storm', 'b', 'shop', 'PUT', 84],
        ['sequential', 'b', 'pricing', 'GET /prices/:item', 43],
        ['error-root-cause', 'c', 'stock', 'GET /stock/:item', 0],
      ],
    );
  });

  it('gives the spans that show each', () => {
    const numbers = findings.map(({ spanIds }) => spanIds.map((id) => Number.parseInt(id, 16)));
    assert.deepEqual(numbers, [
      [26, 20, 22, 24],
      [20, 22, 24, 26],
      [10, 12],
      [5, 4, 3, 2, 1],
    ]);
  });

  it('says so in sentences', () => {
    const sentences = findings.map(({ message }) => message).join('\n');
    assert.match(
      sentences,
      /shop GET \/order\/:item waits for one of 4 equal calls: GET → stock \/stock\/:item took 403 ms/,
    );
    assert.match(sentences, /tried PUT → stock \/reservations\/:order 4 times, 3 failed \(503\): 84 ms passed/);
    assert.match(
      sentences,
      /in a row: GET → stock \/stock\/:item, then GET → stock \/deliveries\/:item\. .* up to 43 ms/,
    );
    assert.match(
      sentences,
      /^stock GET \/stock\/:item failed \(503\), and shop POST \/order\/:item failed because of it$/m,
    );
  });

  it('counts traces, spans and calls', () => {
    assert.deepEqual([traces, spans], [3, 35]);
    assert.deepEqual(
      edges.map(({ from, to, count, errors }) => [from, to, count, errors]),
      [
        ['pricing', 'stock', 5, 1],
        ['shop', 'pricing', 3, 1],
        ['shop', 'stock', 8, 3],
      ],
    );
  });
});
