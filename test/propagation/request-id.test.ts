import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { requestid } from 'throughline/propagation';
import { v4, v7, validate } from 'uuid';
import { compositePropagator, propagatorsByName } from '../../propagation/composite.ts';
import type { Propagator, RemoteContext } from '../../propagation/context.ts';
import { extractFrom, injectInto, propagatorContract } from '../contract/suites/propagator.ts';
import { ANY_CONTEXT, brief, RUNS } from './any-context.ts';

const HEADER = 'x-request-id';
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const TRACE = 'f81d4fae7dec11d0a76500a0c91e6bf6';
const GRAMMAR = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

propagatorContract(requestid, {
  valid: [{ [HEADER]: UUID }, { [HEADER]: v4() }, { [HEADER]: v7() }],
  grammar: { [HEADER]: GRAMMAR },
});

function read(header: string): RemoteContext | undefined {
  return extractFrom(requestid, { [HEADER]: header });
}

describe('X-Request-Id', () => {
  it('is a trace id where it is a UUID, without a span or a decision', () => {
    assert.deepEqual(brief(read(UUID)), { traceId: TRACE });
    assert.deepEqual(brief(read(UUID.toUpperCase())), { traceId: TRACE });
  });

  it('is read for everything that the uuid package takes for a UUID, but for the one of zeroes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uuid(), fc.constant('f'.repeat(32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))),
        (id) => {
          assert.ok(validate(id));
          assert.equal(read(id)?.traceId, id.replaceAll('-', ''));
        },
      ),
      RUNS,
    );
  });

  const malformed = [
    '',
    '00000000-0000-0000-0000-000000000000',
    TRACE,
    `{${UUID}}`,
    `urn:uuid:${UUID}`,
    `${UUID} `,
    ` ${UUID}`,
    `${UUID}0`,
    UUID.slice(1),
    UUID.replace('f', 'g'),
    UUID.replaceAll('-', '_'),
    UUID.replace('-', ''),
    'f81d4fae7-dec-11d0-a765-00a0c91e6bf6',
    `${UUID},${UUID}`,
    'req-42',
    '42',
  ];
  for (const header of malformed) {
    it(`is left alone: ${header || 'nothing'}`, () => assert.equal(read(header), undefined));
  }

  it('is the trace id as a UUID when it is sent, so the id that came in is sent on', () => {
    const span = { traceId: TRACE, spanId: '00f067aa0ba902b7', traceFlags: 1 };
    assert.deepEqual(injectInto(requestid, { span, baggage: undefined }), { [HEADER]: UUID });
    const other = { ...span, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
    const sent = injectInto(requestid, { span: other, baggage: undefined });
    assert.deepEqual(sent, { [HEADER]: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736' });
    assert.deepEqual(injectInto(requestid, { span: { ...span, traceId: 'x' }, baggage: undefined }), {});
  });

  it('survives writing and reading for any trace id', () => {
    fc.assert(
      fc.property(ANY_CONTEXT, (span) => {
        const header = injectInto(requestid, { span, baggage: undefined })[HEADER] ?? '';
        assert.match(header, GRAMMAR);
        assert.deepEqual(brief(read(header)), { traceId: span.traceId });
      }),
      RUNS,
    );
  });

  it('names the trace only when no other format does, wherever it stands in the list', () => {
    const others: readonly Propagator[] = [propagatorsByName.tracecontext, propagatorsByName.xray];
    const fields = { [HEADER]: UUID, 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793' };
    for (const list of [
      [requestid, ...others],
      [...others, requestid],
    ]) {
      const composite = compositePropagator({ extract: list, inject: [] });
      assert.equal(extractFrom(composite, fields)?.traceId, '5759e988bd862e3fe1be46a994272793');
      assert.equal(extractFrom(composite, { [HEADER]: UUID, 'x-amzn-trace-id': 'junk' })?.traceId, TRACE);
    }
  });

  it('leaves a decision without ids its say', () => {
    const composite = compositePropagator({ extract: [requestid, propagatorsByName.b3], inject: [] });
    assert.deepEqual(brief(extractFrom(composite, { [HEADER]: UUID, b3: '0' })), { sampled: false });
  });
});
