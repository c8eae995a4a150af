import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SpanContext } from '@opentelemetry/api';
import { type Attributes, current, type Link, type SpanOptions, span, start } from 'throughline';
import { memory, type SpanRecord } from 'throughline/exporters';
import { TraceState } from 'throughline/propagation';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { testTracer } from '../core/tracer-fixture.ts';

const exporter = memory();
const throughline = start({ service: 'test', exporters: exporter });

/** Ends nothing by itself: what `fn` finished. */
async function recordsOf(fn: () => unknown): Promise<readonly SpanRecord[]> {
  exporter.reset();
  await fn();
  await throughline.flush();
  return exporter.spans;
}

/** The record of one root span that `fn` was given. */
async function recordOf(
  fn: (used: ReturnType<typeof startRoot>) => unknown,
  options: SpanOptions = {},
): Promise<SpanRecord> {
  const records = await recordsOf(() => span('used', { parent: null, ...options }, fn));
  assert.equal(records.length, 1);
  return records[0] as SpanRecord;
}

function startRoot() {
  return span('root', { parent: null });
}

function clean(test: () => Promise<void> | void): () => Promise<void> {
  return endsClean(({ watch }) => {
    watch(throughline);
    return test();
  });
}

/** Compiles where the types would refuse: what plain JavaScript may pass. */
const anything = (value: unknown): never => value as never;

const throwing = new Proxy(
  {},
  {
    get: refuse,
    has: refuse,
    ownKeys: refuse,
    getPrototypeOf: refuse,
    getOwnPropertyDescriptor: refuse,
  },
);
function refuse(): never {
  throw new Error('hands off');
}
function throwingGetter(name: string): object {
  return Object.defineProperty({}, name, { get: refuse, enumerable: true });
}
const circular: { self?: unknown; list: unknown[] } = { list: [] };
circular.self = circular;
circular.list.push(circular.list);

const HOSTILE: readonly [name: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a bigint', 10n ** 30n],
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['a Date', new Date()],
  ['an object', { a: 1 }],
  ['an object without a prototype', Object.create(null)],
  ['a circular object', circular],
  ['a circular list', circular.list],
  ['a mixed list', [1, 'a']],
  ['a list of objects', [{}]],
  ['a Proxy that throws', throwing],
  ['a Proxy of a list that throws', new Proxy([], { get: refuse })],
  ['a revoked Proxy', revoked()],
  ['not-a-number', Number.NaN],
  ['a class instance', new Map([['a', 1]])],
  ['an object with a throwing getter', throwingGetter('value')],
  ['an object with a throwing toString', { toString: refuse }],
];
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

describe('a span given hostile values', () => {
  for (const [name, value] of HOSTILE) {
    it(
      `throws from no method for ${name}`,
      endsClean(async ({ watch, takeDiagnostics }) => {
        watch(throughline);
        const given = anything(value);
        await recordsOf(() => {
          const used = startRoot();
          used.tag(given, given).tag('key', given).setAttribute('key', given).setAttributes(given);
          used.setAttributes({ key: given }).log(given, given).log('log', given).addEvent('event', given, given);
          used.addEvent(given).addLink(given).addLink({ context: given, attributes: given }).addLinks(given);
          used.addLinks([given]).setStatus(given).setStatus({ code: given, message: given });
          used.setStatus({ code: 2, message: given }).updateName(given).fail(given);
          used.recordException(given, given);
          used.child(given, given).end(given);
          used.child('child', { kind: given, attributes: given, links: given, startTime: given }).end();
          used.run(() => span(given, given, () => undefined));
          used.run(() => span(given, anything({ parent: given, links: given })).end(given));
          used.end(given);
        });
        for (const line of takeDiagnostics())
          assert.match(line, /^span .+?: (unknown option|its options|"kind"|"startTime") /);
      }),
    );
  }

  it(
    'runs the app though its options throw at every look, and leaves no span open',
    clean(async () => {
      const records = await recordsOf(() =>
        span('outer', () => {
          assert.equal(
            span('inner', anything(throwing), () => current()?.spanId === undefined),
            false,
          );
          span('scope', anything(throwing)).end();
          span('links', anything({ links: new Proxy([], { get: refuse }) }), () => undefined);
        }),
      );
      assert.deepEqual(
        records.map((record) => record.name),
        ['links', 'outer'],
      );
    }),
  );

  it(
    'keeps the attributes beside a throwing getter',
    clean(async () => {
      const attributes = Object.defineProperty({ a: 1, c: 3 }, 'b', { get: refuse, enumerable: true });
      const record = await recordOf((used) => used.setAttributes(attributes).log('event', attributes));
      assert.deepEqual(
        [record.attributes, record.events[0]?.attributes],
        [
          { a: 1, c: 3 },
          { a: 1, c: 3 },
        ],
      );
    }),
  );

  it(
    'keeps a key __proto__ as a key',
    clean(async () => {
      const evil = JSON.parse('{"__proto__":"x","constructor":"y"}');
      const record = await recordOf((used) => used.tag('__proto__', 'z').log('event', evil), { attributes: evil });
      assert.deepEqual(Object.entries(record.attributes), [
        ['__proto__', 'z'],
        ['constructor', 'y'],
      ]);
      assert.deepEqual(Object.keys(record.events[0]?.attributes ?? {}), ['__proto__', 'constructor']);
      assert.equal(({} as Attributes).x, undefined);
    }),
  );

  it(
    'takes a snapshot of a list that the app goes on changing',
    clean(async () => {
      const list = ['a', null, 'b'];
      const record = await recordOf((used) => {
        used.tag('list', list);
        list.push('c');
      });
      assert.deepEqual(record.attributes.list, ['a', null, 'b']);
    }),
  );
});

describe('the limits of a span', () => {
  it(
    'are 128 attributes; more are counted, known keys still change',
    clean(async () => {
      const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`key.${i}`, i]));
      const record = await recordOf((used) => used.tag('key.0', 'changed').tag('one more', 1), { attributes: many });
      assert.equal(Object.keys(record.attributes).length, 128);
      assert.deepEqual([record.attributes['key.0'], record.droppedAttributesCount], ['changed', 3]);
    }),
  );

  it('are those of events and links too, where what they took is counted', async () => {
    const context = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
    const { tracer, onlyRecord } = testTracer({ limits: { attributes: 2 } });
    const three = { a: 1, b: 2, c: 3 };
    const used = tracer.startSpan('a', { links: [{ context, attributes: three }, { context }] });
    used.log('with three', three).log('with one', { a: 1 }).end();
    const { events, links } = await onlyRecord();
    assert.deepEqual(
      [...events, ...links].map(({ attributes, droppedAttributesCount }) => [attributes, droppedAttributesCount]),
      [
        [{ a: 1, b: 2 }, 1],
        [{ a: 1 }, undefined],
        [{ a: 1, b: 2 }, 1],
        [{}, undefined],
      ],
    );
  });

  it('leave no room for a key of no characters, anywhere', async () => {
    const context = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
    const odd = { '': 'x', a: 1 };
    const { tracer, onlyRecord } = testTracer({ resource: odd });
    const used = tracer.startSpan('a', { attributes: odd, links: [{ context, attributes: odd }] });
    used.log('event', odd).tag('', 1).end();
    const record = await onlyRecord();
    for (const { attributes } of [record, ...record.events, ...record.links]) assert.deepEqual(attributes, { a: 1 });
    assert.equal(Object.hasOwn(record.resource.attributes, ''), false);
    assert.equal(record.resource.attributes.a, 1);
    assert.equal(record.droppedAttributesCount, 0);
  });

  it(
    'are 4096 characters a value, 4096 items a list, 256 a name, 128 a key',
    clean(async () => {
      const long = 'x'.repeat(5000);
      const record = await recordOf((used) =>
        used.updateName(long).tag(long, long).tag('list', Array(5000).fill('a')).tag('items', [long]).log(long),
      );
      const [key = ''] = Object.keys(record.attributes);
      assert.deepEqual([record.name.length, key.length, String(record.attributes[key]).length], [256, 128, 4096]);
      assert.equal((record.attributes.list as string[]).length, 4096);
      assert.equal((record.attributes.items as string[])[0]?.length, 4096);
      assert.equal(record.events[0]?.name.length, 256);
    }),
  );

  it(
    'are 128 events and 128 links; more are counted',
    clean(async () => {
      const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
      const record = await recordOf((used) => {
        for (let i = 0; i < 130; i++) used.log(`event ${i}`).addLink({ context });
      });
      assert.deepEqual([record.events.length, record.droppedEventsCount], [128, 2]);
      assert.deepEqual([record.links.length, record.droppedLinksCount], [128, 2]);
    }),
  );

  it(
    'cut between the halves of a surrogate pair leaves valid text',
    clean(async () => {
      const record = await recordOf((used) => used.tag('emoji', `${'x'.repeat(4095)}🦊`));
      assert.equal(record.attributes.emoji, `${'x'.repeat(4095)}\ufffd`);
    }),
  );
});

describe('a link', () => {
  const traceId = 'a'.repeat(32);
  const spanId = 'b'.repeat(16);

  it(
    'is plain data, with the tracestate of whoever made the context',
    clean(async () => {
      const theirs: SpanContext = {
        ...{ traceId, spanId, traceFlags: 1, isRemote: true },
        traceState: { get: () => 'b', set: refuse, unset: refuse, serialize: () => 'a=b' },
      };
      const ours = { traceId, spanId, traceFlags: 0, traceState: TraceState.parse('c=d') };
      const links: Link[] = [{ context: theirs, attributes: { why: 'batch', nested: { a: 1 } } }, { context: ours }];
      const record = await recordOf(() => undefined, { links });
      assert.deepEqual(record.links, [
        {
          context: { traceId, spanId, traceFlags: 1, isRemote: true, traceState: 'a=b' },
          attributes: { why: 'batch' },
        },
        { context: { traceId, spanId, traceFlags: 0, isRemote: false, traceState: 'c=d' }, attributes: {} },
      ]);
    }),
  );

  const invalid: readonly [name: string, context: unknown][] = [
    ['zero ids', { traceId: '0'.repeat(32), spanId, traceFlags: 1 }],
    ['upper-case ids', { traceId: 'A'.repeat(32), spanId, traceFlags: 1 }],
    ['ids of another length', { traceId: 'a'.repeat(1e6), spanId, traceFlags: 1 }],
    ['no span id', { traceId, traceFlags: 1 }],
  ];
  for (const [name, context] of invalid) {
    it(
      `is left out when it has ${name}, and as a parent it counts as none`,
      clean(async () => {
        const record = await recordOf((used) => used.addLink({ context: anything(context) }), {
          parent: anything(context),
        });
        assert.deepEqual([record.links, record.parentSpanId], [[], undefined]);
        assert.match(record.traceId, /^(?!a{32})[0-9a-f]{32}$/);
      }),
    );
  }
});

describe('the end of a span', () => {
  it(
    'counts once, and after it every method is a no-op',
    clean(async () => {
      const before = throughline.stats();
      const record = await recordsOf(() => {
        const after = startRoot().tag('kept', true);
        after.end();
        after.end();
        after[Symbol.dispose]();
        after.tag('late', 1).setAttributes({ late: 1 }).log('late').updateName('late').fail(new Error('late'));
        after
          .addLinks([{ context: after.spanContext() }])
          .setStatus({ code: 'ok' })
          .recordException('late');
        assert.equal(after.isRecording(), false);
      });
      assert.equal(record.length, 1);
      const [{ attributes, events, links, status, name } = anything({})] = record;
      assert.deepEqual(
        { attributes, events, links, status, name },
        {
          ...{ attributes: { kept: true }, events: [], links: [], status: { code: 'unset' }, name: 'root' },
        },
      );
      const { started, ended } = throughline.stats();
      assert.deepEqual([started - before.started, ended - before.ended], [1, 1]);
    }),
  );

  it(
    'may be given, in any form',
    clean(async () => {
      const startMs = Date.now();
      const ends = [startMs + 5000, new Date(startMs + 5000), [Math.floor(startMs / 1000) + 5, 0] as [number, number]];
      const records = await recordsOf(() => {
        for (const end of ends) startRoot().end(end);
        startRoot().end(performance.now() + 5000);
        startRoot().end(0);
        startRoot().end(new Date(Number.NaN));
      });
      const durations = records.map((record) => record.durationMs);
      for (const duration of durations.slice(0, 4)) assert.ok(duration > 3900 && duration < 5100, String(durations));
      assert.equal(durations[4], 0);
      assert.ok((durations[5] ?? 1e9) < 1000);
    }),
  );

  it(
    'of a parent leaves its children to themselves',
    clean(async () => {
      const records = await recordsOf(() => {
        const parent = startRoot();
        const child = parent.child('child');
        parent.end();
        child.tag('late', true).end();
        parent.child('later still').end();
      });
      const [parent, child, later] = records;
      assert.deepEqual([child?.parentSpanId, later?.parentSpanId], [parent?.spanId, parent?.spanId]);
      assert.deepEqual([child?.attributes, later?.traceId], [{ late: true }, parent?.traceId]);
    }),
  );
});

describe('the status of a span', () => {
  const cases: readonly [
    claim: string,
    given: readonly { code: number | 'ok' | 'error' | 'unset'; message?: string }[],
    expected: object,
  ][] = [
    ['is unset by default', [], { code: 'unset' }],
    ['takes the codes of OpenTelemetry', [{ code: 2, message: 'no' }], { code: 'error', message: 'no' }],
    ['takes names', [{ code: 'error' }], { code: 'error' }],
    ['stays ok', [{ code: 'ok' }, { code: 'error', message: 'no' }], { code: 'ok' }],
    ['becomes ok after an error, without its message', [{ code: 2, message: 'no' }, { code: 1 }], { code: 'ok' }],
    ['is never taken back by unset', [{ code: 2, message: 'no' }, { code: 0 }], { code: 'error', message: 'no' }],
    [
      'is replaced by a newer error',
      [
        { code: 2, message: 'a' },
        { code: 2, message: 'b' },
      ],
      { code: 'error', message: 'b' },
    ],
    ['has a message with errors only', [{ code: 1, message: 'fine' }], { code: 'ok' }],
    ['is not changed by codes that do not exist', [{ code: 3 }, { code: -1 }, { code: 1.5 }], { code: 'unset' }],
  ];
  for (const [claim, given, expected] of cases) {
    it(
      claim,
      clean(async () => {
        const record = await recordOf((used) => {
          for (const status of given) used.setStatus(status);
        });
        assert.deepEqual(record.status, expected);
      }),
    );
  }

  it(
    'has a bounded message',
    clean(async () => {
      const record = await recordOf((used) => used.setStatus({ code: 2, message: 'x'.repeat(1e6) }));
      assert.equal(record.status.message?.length, 4096);
    }),
  );
});

describe('a recorded exception', () => {
  class PaymentError extends Error {}
  const cases: readonly [name: string, thrown: unknown, attributes: object][] = [
    ['a string', 'no', { 'exception.type': 'String', 'exception.message': 'no' }],
    ['a number', 5, { 'exception.type': 'Number', 'exception.message': '5' }],
    ['null', null, { 'exception.type': 'object' }],
    ['undefined', undefined, { 'exception.type': 'undefined', 'exception.message': 'undefined' }],
    ['a plain object', { message: 'no', code: 'E_NO' }, { 'exception.type': 'E_NO', 'exception.message': 'no' }],
    ['a throwing Proxy', throwing, { 'exception.type': 'object' }],
    ['fields that are no strings', { message: 1, stack: {}, name: [] }, { 'exception.type': 'Object' }],
    ['a throwing message', throwingGetter('message'), { 'exception.type': 'Object' }],
  ];
  for (const [name, thrown, attributes] of cases) {
    it(
      `may be ${name}`,
      clean(async () => {
        const record = await recordOf((used) => used.recordException(thrown));
        assert.equal(record.events[0]?.name, 'exception');
        assert.deepEqual(record.events[0]?.attributes, attributes);
        assert.deepEqual([record.status, record.attributes], [{ code: 'unset' }, {}]);
      }),
    );
  }

  it(
    'names the class, or the code of a system error',
    clean(async () => {
      const system = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      const record = await recordOf((used) => {
        for (const error of [new PaymentError('a'), new TypeError('b'), system]) used.recordException(error);
      });
      assert.deepEqual(
        record.events.map((event) => event.attributes['exception.type']),
        ['PaymentError', 'TypeError', 'ECONNREFUSED'],
      );
      assert.match(String(record.events[1]?.attributes['exception.stacktrace']), /TypeError: b\n\s+at /);
    }),
  );

  it(
    'keeps the top of a huge stack and message',
    clean(async () => {
      const error = new Error('m'.repeat(1e6));
      error.stack = 's'.repeat(1e6);
      const record = await recordOf((used) => used.fail(error));
      const attributes = record.events[0]?.attributes;
      assert.ok(String(attributes?.['exception.stacktrace']).length <= 8192);
      assert.equal(String(attributes?.['exception.message']).length, 1024);
      assert.equal(record.status.message?.length, 1024);
    }),
  );

  it(
    'takes a time',
    clean(async () => {
      const record = await recordOf((used) => used.recordException('no', 1_800_000_000_000));
      assert.equal(record.events[0]?.timeMs, 1_800_000_000_000);
    }),
  );

  it(
    'is what fail records, with error.type and the status',
    clean(async () => {
      const record = await recordOf((used) => used.fail(new PaymentError('declined')));
      assert.equal(record.events.length, 1);
      assert.equal(record.attributes['error.type'], 'PaymentError');
      assert.deepEqual(record.status, { code: 'error', message: 'declined' });
    }),
  );
});

describe('an event', () => {
  it(
    'takes attributes, a time, both or neither',
    clean(async () => {
      const time = new Date(1_800_000_000_000);
      const record = await recordOf((used) => {
        used.addEvent('plain').addEvent('with', { a: 1 }).addEvent('at', time);
        used.addEvent('both', { a: 1 }, time).addEvent('then', undefined, time).addEvent('pair', [1_800_000_000, 0]);
      });
      const [plain, ...others] = record.events;
      assert.ok(Math.abs((plain?.timeMs ?? 0) - Date.now()) < 5000);
      assert.deepEqual(
        others.map(({ name, attributes, timeMs }) => [name, attributes, timeMs === 1_800_000_000_000]),
        [
          ['with', { a: 1 }, false],
          ['at', {}, true],
          ['both', { a: 1 }, true],
          ['then', {}, true],
          ['pair', {}, true],
        ],
      );
    }),
  );
});

describe('a child', () => {
  it(
    'hangs under its parent and enters no scope',
    clean(async () => {
      const records = await recordsOf(() => {
        span('active', { parent: null }, (active) => {
          const parent = startRoot();
          const child = parent.child('child', { kind: 'client', attributes: { a: 1 } });
          assert.notEqual(current()?.spanId, child.spanId);
          child.end();
          parent.end();
          assert.equal(current()?.spanId, active.spanId);
        });
      });
      const [child, parent] = records;
      assert.deepEqual([child?.traceId, child?.parentSpanId], [parent?.traceId, parent?.spanId]);
      assert.deepEqual([child?.kind, child?.attributes, child?.parentIsRemote], ['client', { a: 1 }, false]);
    }),
  );

  it(
    'started while run is one too, async as well, and run hands back what its function does',
    clean(async () => {
      const error = new Error('mine');
      const records = await recordsOf(async () => {
        const parent = span.wrap('unused', startRoot)();
        assert.equal(
          await parent.run(async () => {
            await new Promise(setImmediate);
            return span('async child', () => 5);
          }),
          5,
        );
        assert.throws(
          () =>
            parent.run(() => {
              throw error;
            }),
          (thrown) => thrown === error,
        );
        assert.equal(parent.isRecording(), true);
        parent.end();
      });
      const child = records.find((record) => record.name === 'async child');
      const parent = records.find((record) => record.name === 'root');
      assert.equal(child?.parentSpanId, parent?.spanId);
    }),
  );

  it(
    'of a context from another process says so, follows its decision and carries its tracestate',
    clean(async () => {
      const traceState = TraceState.parse('a=b');
      const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
      const record = await recordOf(() => undefined, { parent: { ...context, traceState } });
      assert.deepEqual(
        [record.traceId, record.parentSpanId, record.parentIsRemote, record.traceState, record.flags],
        [context.traceId, context.spanId, true, 'a=b', 1],
      );
      const denied = span('denied', { parent: { ...context, traceFlags: 0 } });
      assert.equal(denied.isRecording(), false);
      denied.end();
    }),
  );

  it(
    'counts unknown flag bits of a given context as zero',
    clean(() => {
      const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0xff };
      const child = span('child', { parent });
      assert.equal(child.spanContext().traceFlags, 3);
      child.end();
    }),
  );
});
