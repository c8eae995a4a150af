import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { baggage, type Span, span, start } from 'throughline';
import { environmentVariables, extract, inject } from 'throughline/propagation';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { outputOfNode } from '../support/child-process.ts';

const throughline = start({ service: 'test', exporters: 'none' });

/** A test with a span and baggage active; what `carried` reads must name both. */
function carrierTest(claim: string, fn: (active: Span) => Promise<void> | void): void {
  it(
    claim,
    endsClean(async ({ watch }) => {
      watch(throughline);
      await baggage.with({ tenant: 'acme' }, () => span('active', fn));
    }),
  );
}

function assertCarried(remote: ReturnType<typeof extract>, active: Span): void {
  assert.deepEqual([remote?.traceId, remote?.spanId], [active.traceId, active.spanId]);
  assert.equal(remote?.baggage?.get('tenant'), 'acme');
}

describe('messages carry the context', () => {
  carrierTest('of Kafka: headers that were written as strings arrive as bytes', (active) => {
    const written = inject<Record<string, string>>({});
    const arrived = Object.fromEntries(Object.entries(written).map(([name, value]) => [name, Buffer.from(value)]));
    assertCarried(extract(arrived), active);
  });

  carrierTest('of Kafka: a message that is sent on has ours beside bytes, lists and missing values', (active) => {
    const headers: Record<string, Buffer | string | (Buffer | string)[] | undefined> = {
      traceparent: Buffer.from(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
      baggage: [Buffer.from('old=1'), 'older=2'],
      source: Buffer.from('shop'),
      nothing: undefined,
    };
    assert.equal(extract(headers)?.baggage?.serialize(), 'old=1,older=2');
    assertCarried(extract(inject(headers)), active);
    assert.deepEqual([headers.source, headers.nothing], [Buffer.from('shop'), undefined]);
  });

  carrierTest('of Kafka: a client that takes bytes alone is written to with a setter', (active) => {
    const toBytes = (to: Map<string, Buffer>, name: string, value: string) => to.set(name, Buffer.from(value));
    const headers = inject(new Map<string, Buffer>(), { setter: { set: toBytes } });
    assert.ok(Array.from(headers.values()).every(Buffer.isBuffer));
    assertCarried(extract(headers), active);
  });

  carrierTest('of lists of pairs whose values are bytes', (active) => {
    const pairs = inject<[string, string | Buffer][]>([]).map(([name, value]) => [name, Buffer.from(value)]);
    assertCarried(extract(pairs), active);
  });

  carrierTest('of BullMQ: in the data of a job, which is JSON on the way', (active) => {
    const data = JSON.stringify({ order: 42, context: inject({}) });
    const job: { order: number; context: unknown } = JSON.parse(data);
    assertCarried(extract(job.context), active);
    const flat = JSON.parse(JSON.stringify(inject({ order: 42 })));
    assertCarried(extract(flat), active);
    assert.equal(flat.order, 42);
  });

  carrierTest('of SQS: attributes of its own shape, with a getter and a setter', (active) => {
    type Attributes = Record<string, { DataType: string; StringValue?: string }>;
    const attributes = inject<Attributes>(
      {},
      {
        setter: {
          set(to, name, value) {
            to[name] = { DataType: 'String', StringValue: value };
          },
        },
      },
    );
    const getter = { get: (from: Attributes, name: string) => from[name]?.StringValue, keys: Object.keys };
    assertCarried(extract(attributes, { getter }), active);
    assert.equal(extract({}, { getter }), undefined);
  });

  carrierTest('a setter or a getter that throws costs the context, never the message', () => {
    const fail = (): never => {
      throw new Error('on purpose');
    };
    const message = {};
    assert.equal(inject(message, { setter: { set: fail } }), message);
    assert.equal(extract(message, { getter: { get: fail, keys: fail } }), undefined);
    for (const odd of [5, {}, Symbol('s'), ['x'], null]) {
      assert.equal(extract(message, { getter: { get: () => odd as never, keys: () => [] } }), undefined);
    }
  });
});

describe('environment variables carry the context', () => {
  carrierTest('under upper-case names', (active) => {
    const variables = inject({ PATH: '/bin' }, { setter: environmentVariables });
    assert.deepEqual(variables, {
      PATH: '/bin',
      TRACEPARENT: `00-${active.traceId}-${active.spanId}-01`,
      BAGGAGE: 'tenant=acme',
    });
    assertCarried(extract(variables, { getter: environmentVariables }), active);
    assertCarried(extract(variables), active);
  });

  carrierTest('to a child process', async (active) => {
    const source = `
      import { environmentVariables, extract, inject } from 'throughline/propagation';
      import { span, start } from 'throughline';
      start({ exporters: 'none' });
      const parent = extract(process.env, { getter: environmentVariables });
      span('child', { parent }, (s) => console.log(JSON.stringify([s.traceId, parent.spanId, inject({}).baggage])));
    `;
    const variables = inject<Record<string, string>>({}, { setter: environmentVariables });
    const output = await outputOfNode(['--input-type=module', '--eval', source], { variables });
    assert.deepEqual(JSON.parse(output), [active.traceId, active.spanId, 'tenant=acme']);
  });

  carrierTest('whatever the names of fields and variables are', () => {
    const variables: Record<string, string> = {};
    environmentVariables.set(variables, 'x-b3-traceid', '1');
    assert.deepEqual(variables, { X_B3_TRACEID: '1' });
    assert.equal(environmentVariables.get(variables, 'X-B3-TraceId'), '1');
    for (const name of ['constructor', '__proto__', 'toString']) {
      assert.equal(environmentVariables.get(variables, name), undefined);
    }
    assert.deepEqual(Array.from(environmentVariables.keys(variables)), ['X_B3_TRACEID']);
  });

  carrierTest('under names that are normalized, and lists no others', () => {
    const variables: Record<string, string> = { 'trace-state': 'no', lower: 'no', '1ABC': 'no', PATH: '/bin' };
    environmentVariables.set(variables, '1abc', 'digit');
    environmentVariables.set(variables, '', 'nothing');
    assert.deepEqual([variables._1ABC, variables._], ['digit', 'nothing']);
    assert.deepEqual(
      [environmentVariables.get(variables, '1abc'), environmentVariables.get(variables, '')],
      ['digit', 'nothing'],
    );
    assert.deepEqual(Array.from(environmentVariables.keys(variables)), ['PATH', '_1ABC', '_']);
  });
});
