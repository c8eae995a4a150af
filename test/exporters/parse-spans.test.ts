import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSpans } from 'throughline/exporters';
import { encodeTraceRequest } from '../../src/formats/otlp-json-encode.ts';
import { bareRecord, sampleRecord } from '../contract/suites/sample-record.ts';

describe('parseSpans', () => {
  const [a, b, c] = [sampleRecord(), bareRecord({ name: 'b' }), bareRecord({ name: 'c' })];

  it('reads what the file exporter writes, in order', () => {
    const text = `${encodeTraceRequest([a, b])}\n${encodeTraceRequest([c])}\n`;
    assert.deepEqual(parseSpans(text), [a, b, c]);
  });

  it('reads a last line without its end, Windows line ends and empty lines', () => {
    assert.deepEqual(parseSpans(`\n${encodeTraceRequest([b])}\r\n\n\n${encodeTraceRequest([c])}`), [b, c]);
    assert.deepEqual(parseSpans(''), []);
    assert.deepEqual(parseSpans('\n'), []);
  });

  it('leaves out a torn line, what is no OTLP, and other signals, and reads on', () => {
    const torn = encodeTraceRequest([a]).slice(0, 100);
    const lines = [torn, 'hello', '[]', 'null', '{"resourceLogs":[]}', encodeTraceRequest([c])];
    assert.deepEqual(parseSpans(lines.join('\n')), [c]);
  });
});
