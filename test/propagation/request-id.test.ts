import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { requestid } from 'throughline/propagation';
import { v4, v7, validate } from 'uuid';
import { carrierGetter, carrierSetter } from '../../propagation/carriers.ts';
import { compositePropagator, propagatorsByName } from '../../propagation/composite.ts';
import type { Propagator, RemoteContext } from '../../propagation/context.ts';
import { extractFrom, injectInto, propagatorContract } from '../contract/suites/propagator.ts';
import { ANY_CONTEXT, brief, RUNS } from './any-context.ts';

const HEADER = 'x-request-id';
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const TRACE = 'f81d4fae7dec11d0a76500a0c91e6bf6';
const SPAN = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
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
    const context = { traceId: TRACE, vendor: { 'requestid.id': UUID } };
    assert.deepEqual(brief(read(UUID)), context);
    assert.deepEqual(brief(read(UUID.toUpperCase())), context);
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

  const noUuids = [
    '00000000-0000-0000-0000-000000000000',
    TRACE,
    `{${UUID}}`,
    `urn:uuid:${UUID}`,
    `${UUID}0`,
    UUID.slice(1),
    UUID.replace('f', 'g'),
    UUID.replaceAll('-', '_'),
    UUID.replace('-', ''),
    'f81d4fae7-dec-11d0-a765-00a0c91e6bf6',
    'req-42',
    '42',
    'x'.repeat(255),
  ];
  for (const header of noUuids) {
    it(`names no trace, and is sent on as it came: ${header.slice(0, 50)}`, () => {
      assert.deepEqual(brief(read(header)), { vendor: { 'requestid.id': header } });
      assert.deepEqual(injectInto(requestid, { span: { ...SPAN, vendor: read(header)?.vendor }, baggage: undefined }), {
        [HEADER]: header,
      });
    });
  }

  for (const header of ['', `${UUID} `, ` ${UUID}`, `${UUID},${UUID}`, 'a, b', 'é', 'a\nb', 'x'.repeat(256)]) {
    it(`is left alone: ${JSON.stringify(header.slice(0, 50))}`, () => assert.equal(read(header), undefined));
  }

  it('is sent on beside a context of another format', () => {
    const formats = [propagatorsByName.tracecontext, propagatorsByName.requestid];
    const composite = compositePropagator({ extract: formats, inject: formats });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    for (const id of ['req-7f3a', UUID]) {
      const found = extractFrom(composite, { traceparent, [HEADER]: id });
      assert.equal(found?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736');
      const sent = injectInto(composite, { span: { ...SPAN, vendor: found?.vendor }, baggage: undefined });
      assert.equal(sent[HEADER], id);
    }
  });

  it('never takes the place of one that the app has put there', () => {
    for (const carrier of [
      { 'X-Request-Id': 'mine' },
      new Headers({ [HEADER]: 'mine' }),
      new Map([[HEADER, 'mine']]),
    ]) {
      requestid.inject({ span: SPAN, baggage: undefined }, carrier, carrierSetter(carrier));
      assert.equal(carrierGetter(carrier).get(carrier, HEADER), 'mine');
    }
  });

  it('is what the app says in a context of its own, where that is one', () => {
    for (const [id, sent] of [
      ['req 42', UUID],
      [42, UUID],
      ['req-42', 'req-42'],
    ] as const) {
      const vendor = { 'requestid.id': id as string };
      assert.equal(
        injectInto(requestid, { span: { ...SPAN, traceId: TRACE, vendor }, baggage: undefined })[HEADER],
        sent,
      );
    }
  });

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
        assert.equal(read(header)?.traceId, span.traceId);
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
    assert.deepEqual(brief(extractFrom(composite, { [HEADER]: UUID, b3: '0' })), {
      sampled: false,
      vendor: { 'requestid.id': UUID },
    });
  });
});
