import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compositePropagator, propagatorsByName } from '../../propagation/composite.ts';
import type { Propagator, RemoteContext } from '../../propagation/context.ts';
import { endsClean } from '../contract/checks/no-leaks.ts';
import { extractFrom, injectInto, outbound } from '../contract/suites/propagator.ts';
import { pass } from './passage.ts';

const TRACE = '5759e988bd862e3fe1be46a994272793';
const SHORT = '0000000000000000e1be46a994272793';
const SPAN = '53995c3f42cd8ad8';

/** The things that a format has words for, beside a trace id. */
interface Vocabulary {
  readonly spanId: boolean;
  readonly sampled: boolean;
  /** It can leave the decision to the receiver. */
  readonly defer: boolean;
  readonly debug: boolean;
  readonly random: boolean;
  /** It can name a trace without naming a span. */
  readonly traceAlone: boolean;
}

const NOTHING: Vocabulary = {
  spanId: false,
  sampled: false,
  defer: false,
  debug: false,
  random: false,
  traceAlone: false,
};
const IDS_AND_DECISION: Vocabulary = { ...NOTHING, spanId: true, sampled: true };
const B3: Vocabulary = { ...IDS_AND_DECISION, defer: true, debug: true };
const CLOUD: Vocabulary = { ...IDS_AND_DECISION, defer: true, traceAlone: true };

const VOCABULARY: Readonly<Record<string, Vocabulary>> = {
  tracecontext: { ...IDS_AND_DECISION, random: true },
  b3: B3,
  b3multi: B3,
  jaeger: { ...IDS_AND_DECISION, debug: true },
  xray: CLOUD,
  datadog: CLOUD,
  cloudtrace: CLOUD,
  requestid: { ...NOTHING, defer: true, traceAlone: true },
};

/** All there are, so that a new one has to say here what it can. */
const FORMATS: readonly [format: Propagator, words: Vocabulary][] = Object.values(propagatorsByName)
  .filter(({ name }) => name !== 'baggage')
  .map((format) => {
    const words = VOCABULARY[format.name];
    assert.ok(words, `what can ${format.name} say?`);
    return [format, words];
  });

type Said = Pick<RemoteContext, 'traceId' | 'spanId' | 'sampled' | 'debug' | 'random'>;

const UNDECIDED: Said = { traceId: TRACE, spanId: SPAN, sampled: undefined, debug: false, random: false };
const CONTEXTS: Readonly<Record<string, Said>> = {
  'a sampled span': { ...UNDECIDED, sampled: true },
  'a deny': { ...UNDECIDED, sampled: false },
  'a decision that is deferred': UNDECIDED,
  debug: { ...UNDECIDED, sampled: true, debug: true },
  'a random trace id': { ...UNDECIDED, sampled: true, random: true },
  'a 64-bit trace id': { ...UNDECIDED, traceId: SHORT, sampled: true },
  'a trace without a span': { ...UNDECIDED, spanId: undefined },
};

function asRemote(said: Said): RemoteContext {
  return { ...said, traceState: undefined, baggage: undefined, vendor: undefined };
}

function whatIsSaid(context: RemoteContext | undefined): Said | undefined {
  if (context === undefined) return undefined;
  const { traceId, spanId, sampled, debug, random } = context;
  return { traceId, spanId, sampled, debug, random };
}

/** The rest of a context in a format with these words. Undefined: it cannot be written at all. */
function within(words: Vocabulary, said: Said): Said | undefined {
  if (said.spanId === undefined && !words.traceAlone) return undefined;
  // Where the decision has to be there, who passes on undecided has not recorded: "not sampled" is what it can say.
  const decided = said.sampled ?? (words.defer ? undefined : false);
  return {
    traceId: said.traceId,
    spanId: words.spanId ? said.spanId : undefined,
    sampled: words.sampled ? decided : undefined,
    debug: words.debug && said.debug,
    random: words.random && said.random,
  };
}

/** Reads fields in one format and writes what was found in another, as a service that decides nothing does. */
function translate(from: Propagator, to: Propagator, fields: Readonly<Record<string, string>>) {
  return injectInto(to, outbound(extractFrom(from, fields)));
}

for (const [name, said] of Object.entries(CONTEXTS)) {
  describe(`${name} comes through`, () => {
    for (const [from, fromWords] of FORMATS) {
      for (const [to, toWords] of FORMATS) {
        it(`from ${from.name} to ${to.name} as far as both have words for it`, () => {
          const fields = injectInto(from, outbound(asRemote(said)));
          const sent = within(fromWords, said);
          assert.deepEqual(whatIsSaid(extractFrom(from, fields)), sent);
          const expected = sent && within(toWords, sent);
          const arrived = translate(from, to, fields);
          assert.deepEqual(whatIsSaid(extractFrom(to, arrived)), expected);
          if (expected === undefined) assert.deepEqual(arrived, {});
        });
      }
    }
  });
}

describe("Datadog's own fields", () => {
  it('stay with a trace that came from Datadog, and are not made up for another', () => {
    const ids = { 'x-datadog-trace-id': '7', 'x-datadog-parent-id': '8' };
    const found = outbound(
      extractFrom(propagatorsByName.datadog, { ...ids, 'x-datadog-sampling-priority': '2', 'x-datadog-origin': 'rum' }),
    );
    assert.equal(injectInto(propagatorsByName.xray, found)['x-amzn-trace-id']?.includes('rum'), false);
    assert.equal(injectInto(propagatorsByName.datadog, found)['x-datadog-sampling-priority'], '2');
    const debug = outbound(asRemote({ ...UNDECIDED, sampled: true, debug: true }));
    assert.equal(injectInto(propagatorsByName.datadog, debug)['x-datadog-sampling-priority'], '1');
    assert.equal(injectInto(propagatorsByName.datadog, debug)['x-datadog-origin'], undefined);
  });
});

describe('several formats at once', () => {
  const { tracecontext, xray, datadog, cloudtrace } = propagatorsByName;
  const fields = {
    traceparent: `00-${'a'.repeat(32)}-${SPAN}-01`,
    'x-amzn-trace-id': `Root=1-${'b'.repeat(8)}-${'b'.repeat(24)};Parent=${SPAN};Sampled=0`,
    'x-cloud-trace-context': `${'c'.repeat(32)}/1`,
  };

  it('take the first that yields a context, in the order of the list, wholly', () => {
    const first = (...extract: Propagator[]) => extractFrom(compositePropagator({ extract, inject: [] }), fields);
    assert.deepEqual(whatIsSaid(first(tracecontext, xray, cloudtrace))?.traceId, 'a'.repeat(32));
    assert.deepEqual(whatIsSaid(first(xray, tracecontext)), { ...UNDECIDED, traceId: 'b'.repeat(32), sampled: false });
    assert.deepEqual(first(cloudtrace, xray)?.sampled, undefined, 'no decision is taken from another format');
    assert.deepEqual(first(datadog, cloudtrace)?.traceId, 'c'.repeat(32));
  });

  it('are all written, whichever was read', () => {
    const composite = compositePropagator({ extract: [xray], inject: [cloudtrace, datadog, tracecontext] });
    const sent = injectInto(composite, outbound(extractFrom(composite, fields)));
    const span = BigInt(`0x${SPAN}`).toString();
    assert.deepEqual(sent, {
      'x-cloud-trace-context': `${'b'.repeat(32)}/${span};o=0`,
      'x-datadog-trace-id': BigInt(`0x${'b'.repeat(16)}`).toString(),
      'x-datadog-parent-id': span,
      'x-datadog-sampling-priority': '0',
      'x-datadog-tags': `_dd.p.tid=${'b'.repeat(16)}`,
      traceparent: `00-${'b'.repeat(32)}-${SPAN}-00`,
    });
  });
});

describe('a request through a service', () => {
  const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';

  it(
    'that came by a load balancer begins below its root, and goes on in the formats of the service behind',
    endsClean(async (clean) => {
      const lists = { extract: ['xray'], inject: ['xray', 'cloudtrace', 'tracecontext'] } as const;
      const { sent, spans } = await pass(clean, lists, { 'X-Amzn-Trace-Id': `Self=1-2-3;${ROOT}` });
      const client = spans.find(({ kind }) => kind === 'client');
      const server = spans.find(({ kind }) => kind === 'server');
      assert.deepEqual([server?.traceId, server?.parentSpanId, server?.parentIsRemote], [TRACE, undefined, false]);
      assert.equal(sent['x-amzn-trace-id'], `${ROOT};Parent=${client?.spanId};Sampled=1`);
      assert.equal(sent['x-cloud-trace-context'], `${TRACE}/${BigInt(`0x${client?.spanId}`)};o=1`);
      assert.equal(sent.traceparent, `00-${TRACE}-${client?.spanId}-01`);
    }),
  );

  it(
    'that Datadog denies stays denied, with its priority, origin and tags',
    endsClean(async (clean) => {
      const kept = {
        'x-datadog-sampling-priority': '-1',
        'x-datadog-origin': 'rum',
        'x-datadog-tags': '_dd.p.tid=640cfd8d00000000,_dd.p.dm=-4',
      };
      const headers = { 'x-datadog-trace-id': '7', 'x-datadog-parent-id': '8', ...kept };
      const { sent, spans } = await pass(clean, ['datadog', 'b3'], headers);
      assert.deepEqual(spans, []);
      assert.equal(sent['x-datadog-trace-id'], '7');
      assert.notEqual(sent['x-datadog-parent-id'], '8');
      for (const [name, value] of Object.entries(kept)) assert.equal(sent[name], value);
      assert.match(String(sent.b3), /^640cfd8d000000000000000000000007-[0-9a-f]{16}-0$/);
    }),
  );

  it(
    'that Datadog keeps loses the fields that the app sets beside ours',
    endsClean(async (clean) => {
      const headers = { 'x-datadog-trace-id': '7', 'x-datadog-parent-id': '8' };
      const own = { 'X-Datadog-Tags': '_dd.p.tid=aaaaaaaaaaaaaaaa', 'X-Datadog-Origin': 'old' };
      const { sent } = await pass(clean, ['datadog'], headers, {}, own);
      assert.deepEqual([sent['x-datadog-trace-id'], sent['x-datadog-sampling-priority']], ['7', '1']);
      assert.deepEqual([sent['x-datadog-tags'], sent['x-datadog-origin']], [undefined, undefined]);
    }),
  );

  it(
    'that has nothing but a request id has that id from end to end',
    endsClean(async (clean) => {
      const id = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
      const { sent, spans } = await pass(clean, ['requestid', 'tracecontext'], { 'X-Request-ID': id.toUpperCase() });
      assert.equal(sent['x-request-id'], id);
      assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([id.replaceAll('-', '')]));
      assert.ok(String(sent.traceparent).startsWith(`00-${id.replaceAll('-', '')}-`));
    }),
  );

  it(
    'that a disabled tracer passes on keeps what the load balancer sent',
    endsClean(async (clean) => {
      process.env.OTEL_SDK_DISABLED = 'true';
      try {
        const { sent, spans } = await pass(clean, ['xray'], { 'X-Amzn-Trace-Id': ROOT });
        assert.deepEqual([sent['x-amzn-trace-id'], spans], [ROOT, []]);
      } finally {
        delete process.env.OTEL_SDK_DISABLED;
      }
    }),
  );
});
