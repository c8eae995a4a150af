import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildTraces, serviceName, walk } from 'throughline/analysis';
import { parseSpans } from 'throughline/exporters';
import type { SpanRecord } from '../../src/core/record.ts';
import { encodeTraceRequest } from '../../src/formats/otlp-json-encode.ts';
import { decodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-decode.ts';
import { encodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-encode.ts';
import { SHAPE_TRACE, SHAPES } from './shapes.ts';

/** The facts that every shape says of its trace. */
const TREE = [
  '0 shop server GET /cart 100 ms unset',
  '1 shop client GET 50 ms unset',
  '2 stock server GET /stock 30 ms error, remote',
];

function treeOf(spans: readonly SpanRecord[]): string[] {
  const [trace, second] = buildTraces(spans);
  assert.ok(trace !== undefined && second === undefined);
  assert.equal(trace.traceId, SHAPE_TRACE);
  return [...walk(trace)].map(({ depth, span }) => {
    const remote = span.parentIsRemote ? ', remote' : '';
    return `${depth} ${serviceName(span)} ${span.kind} ${span.name} ${span.durationMs} ms ${span.status.code}${remote}`;
  });
}

describe('parseSpans() reads', () => {
  for (const [shape, text] of Object.entries(SHAPES)) {
    it(`${shape}, plain and packed`, () => {
      for (const given of [text, Buffer.from(text), gzipSync(text)]) {
        const spans = parseSpans(given);
        assert.deepEqual(treeOf(spans), TREE);
        assert.deepEqual(spans.problems, []);
      }
    });
  }

  it('shapes of several tools in one file of lines', () => {
    const jaeger = SHAPES['one trace of Jaeger’s'] ?? '';
    const zipkin = (SHAPES['Zipkin’s v2 list'] ?? '').replaceAll(SHAPE_TRACE, 'a'.repeat(32));
    const spans = parseSpans(`${jaeger}\n${zipkin}\n`);
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([SHAPE_TRACE, 'a'.repeat(32)]));
    assert.equal(spans.length, 6);
  });
});

describe('OTLP from elsewhere', () => {
  const document = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        schemaUrl: 'https://opentelemetry.io/schemas/1.27.0',
        scopeSpans: [
          {
            scope: { name: 'lib', version: '1', attributes: [{ key: 'channel', value: { stringValue: 'beta' } }] },
            schemaUrl: 'https://opentelemetry.io/schemas/1.26.0',
            spans: [
              {
                traceId: SHAPE_TRACE,
                spanId: 'eee19b7ec3c1b174',
                parentSpanId: 'eee19b7ec3c1b173',
                name: 'GET',
                kind: 2,
              },
              {
                traceId: SHAPE_TRACE,
                spanId: 'eee19b7ec3c1b175',
                parentSpanId: 'eee19b7ec3c1b173',
                name: 'GET',
                kind: 3,
              },
            ],
          },
        ],
      },
    ],
  };
  const spans = parseSpans(JSON.stringify(document));

  it('keeps the attributes and schemas of scopes and resources, and gives them on', () => {
    const [span] = spans;
    assert.ok(span);
    const { scope, resource } = span;
    assert.deepEqual(scope, {
      name: 'lib',
      version: '1',
      attributes: { channel: 'beta' },
      schemaUrl: 'https://opentelemetry.io/schemas/1.26.0',
    });
    assert.equal(resource.schemaUrl, 'https://opentelemetry.io/schemas/1.27.0');
    assert.deepEqual([...parseSpans(encodeTraceRequest(spans))], [...spans]);
    assert.deepEqual(decodeTraceRequestProtobuf(encodeTraceRequestProtobuf(spans)).records, [...spans]);
  });

  it('takes the parent of a server for remote where the flags say nothing, and of no other kind', () => {
    assert.deepEqual(
      spans.map(({ parentIsRemote }) => parentIsRemote),
      [true, false],
    );
  });
});

describe('parseSpans() says what it could not read', () => {
  const cases: readonly [what: string, text: string | Uint8Array, problem: RegExp, line?: number][] = [
    ['JSON of another kind', '{\n  "name": "throughline"\n}', /^JSON, but no spans of OTLP, Jaeger, Zipkin or Tempo$/],
    ['no JSON at all', 'INFO started\n', /^not valid JSON: cut short, or something else$/],
    ['logs', '{"resourceLogs":[]}', /^OTLP logs, no traces/],
    ['metrics', '{"resourceMetrics":[]}', /^OTLP metrics, no traces/],
    [
      'an answer that there is no trace',
      '{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}',
      /trace not found/,
    ],
    ['a search of Tempo’s', '{"traces":[{"traceID":"2f3e0cee77ae5dc9","rootServiceName":"shop"}]}', /no spans of OTLP/],
    [
      'ids that are none',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}',
      /^1 span cannot be read: traceId must/,
    ],
    ['a document that is cut short', (SHAPES['an OTLP document, indented'] ?? '').slice(0, 500), /^not valid JSON/],
    [
      'gzip that is cut short',
      gzipSync('{"resourceSpans":[]}').subarray(0, 20),
      /^the gzip cannot be read: unexpected end/,
    ],
    ['nesting without end', '['.repeat(5000), /^JSON is nested deeper than 256 levels/],
  ];
  for (const [what, text, problem, line = 1] of cases) {
    it(what, () => {
      const spans = parseSpans(text);
      assert.deepEqual([...spans], []);
      const [first] = spans.problems;
      assert.match(first?.message ?? '', problem);
      assert.equal(first?.line, line);
    });
  }

  it('and reads on: a line in the middle costs itself alone', () => {
    const [first = '', second = ''] = (SHAPES['OTLP lines, as the Collector writes them'] ?? '').split('\n');
    const spans = parseSpans([first, second.slice(0, 50), 'INFO', second].join('\n'));
    assert.deepEqual(treeOf(spans), TREE);
    assert.deepEqual(
      spans.problems.map(({ line }) => line),
      [2, 3],
    );
  });

  it('nothing where there is nothing to read', () => {
    for (const text of [
      '',
      '\n',
      '[]',
      '{"resourceSpans":[]}',
      '{"data":[]}',
      '{"batches":[]}',
      '{"result":{"resourceSpans":[]}}',
    ]) {
      const spans = parseSpans(text);
      assert.deepEqual([[...spans], spans.problems], [[], []], text);
    }
  });

  it('beside a list that prints, compares and becomes JSON as any other', () => {
    assert.equal(JSON.stringify(parseSpans('')), '[]');
    assert.deepEqual(parseSpans(''), []);
  });
});
