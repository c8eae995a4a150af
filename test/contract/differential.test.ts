import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { SpanRecord, TracingOptions } from 'throughline';
import { APPS, type MakeListener } from './apps/differential-apps.ts';
import { BEHAVIOURS, REQUESTS } from './apps/differential-scenarios.ts';
import { Recorder } from './checks/recorder.ts';
import { dial, listen, type Site } from './server/bench.ts';

/** FAULTS row 10: the same app with and without us, in one process, with all that tracing() can be asked for. */
const OPTIONS: TracingOptions = {
  responseHeader: 'server-timing',
  captureHeaders: { request: ['host', 'x-none'], response: ['content-type', 'x-own'] },
  attributes: (_req, res) => ({ 'app.status': res.statusCode }),
};

interface Scenario {
  readonly id: string;
  readonly app: string;
  readonly behaviour: string;
  readonly request: string;
}

/** All that the client and the app saw of one scenario. */
interface Seen {
  readonly bytes: string;
  readonly journal: readonly string[];
}

const SCENARIOS: readonly Scenario[] = Object.keys(APPS).flatMap((app) =>
  Object.keys(BEHAVIOURS).flatMap((behaviour) =>
    Object.keys(REQUESTS).map((request, index) => ({
      id: `${app}-${Object.keys(BEHAVIOURS).indexOf(behaviour)}-${index}`,
      app,
      behaviour,
      request,
    })),
  ),
);

/** One app, listening. */
class Subject {
  readonly #journal: Map<string, string[]>;
  readonly #stage: EventEmitter;
  readonly #listener: ReturnType<MakeListener>;
  #site: Site | undefined;

  constructor(make: MakeListener, options: TracingOptions | undefined) {
    this.#journal = new Map();
    this.#stage = new EventEmitter();
    this.#stage.setMaxListeners(0);
    const note = (id: string, what: string): void => void this.#journal.get(id)?.push(what);
    this.#listener = make({ stage: this.#stage, note }, options);
    this.#site = undefined;
  }

  async open(): Promise<void> {
    this.#site = await listen(this.#listener);
  }

  async close(): Promise<void> {
    const { server } = this.#site as Site;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async play({ id, behaviour, request }: Scenario): Promise<Seen> {
    const journal: string[] = [];
    this.#journal.set(id, journal);
    const { method, text } = REQUESTS[request] ?? { method: 'GET', text: '\r\n' };
    const { leaves } = BEHAVIOURS[behaviour] ?? {};
    const socket = await dial(this.#site as Site);
    if (leaves === 'reached') this.#stage.once(id, () => socket.destroy());
    socket.write(
      `${method} /d/${id}?behaviour=${encodeURIComponent(behaviour)} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${text}`,
    );
    let bytes = '';
    socket.on('data', (chunk) => {
      bytes += chunk;
      if (leaves === 'answered' && bytes.includes('\r\n\r\n')) socket.destroy();
    });
    await new Promise((resolve) => socket.on('close', resolve));
    return { bytes, journal };
  }
}

/** Without what may differ: the time, and the header that is ours. */
function comparable({ bytes, journal }: Seen): Seen {
  return { bytes: bytes.replaceAll(/^(date|server-timing): .*\r\n/gim, ''), journal };
}

describe('the same app, with and without tracing', { timeout: 60_000 }, () => {
  const plain = new Map(Object.entries(APPS).map(([name, make]) => [name, new Subject(make, undefined)]));
  const traced = new Map(Object.entries(APPS).map(([name, make]) => [name, new Subject(make, OPTIONS)]));
  const recorder = new Recorder('differential');
  const subjects = [...plain.values(), ...traced.values()];
  const seen = new Map<string, { readonly plain: Seen; readonly traced: Seen }>();
  let spans: readonly SpanRecord[] = [];

  before(async () => {
    await Promise.all(subjects.map((subject) => subject.open()));
    await Promise.all(
      SCENARIOS.map(async (scenario) => {
        const [without, beside] = [plain, traced].map((apps) => apps.get(scenario.app) as Subject);
        const results = await Promise.all([without?.play(scenario), beside?.play(scenario)]);
        seen.set(scenario.id, { plain: results[0] as Seen, traced: results[1] as Seen });
      }),
    );
    spans = await recorder.spans();
  });
  after(async () => {
    await Promise.all(subjects.map((subject) => subject.close()));
    await recorder.shutdown();
  });

  test('is asked in at least 300 ways', () => assert.ok(SCENARIOS.length >= 300, `${SCENARIOS.length}`));

  for (const app of Object.keys(APPS)) {
    for (const behaviour of Object.keys(BEHAVIOURS)) {
      test(`${app}, ${behaviour}: the client sees the same bytes and the app the same events`, () => {
        for (const scenario of SCENARIOS) {
          if (scenario.app !== app || scenario.behaviour !== behaviour) continue;
          const result = seen.get(scenario.id);
          assert.ok(result !== undefined && result.plain.journal.length > 0, `${scenario.request} reached the app`);
          assert.deepEqual(comparable(result.traced), comparable(result.plain), scenario.request);
        }
      });
    }
  }

  test('every request is one SERVER span, which ended once', () => {
    const servers = spans.filter(({ kind }) => kind === 'server');
    const counts = new Map<string, number>();
    for (const { attributes } of servers) {
      const id = String(attributes['url.path']).slice('/d/'.length);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()].sort(), SCENARIOS.map(({ id }) => id).sort());
    assert.deepEqual(new Set(counts.values()), new Set([1]));
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  });

  test('every head that was sent names its span', () => {
    const named = [...seen.values()].filter(({ traced: { bytes } }) => /^server-timing: trace;desc=00-/im.test(bytes));
    assert.ok(named.length > SCENARIOS.length / 2, `${named.length} of ${SCENARIOS.length}`);
    assert.ok(![...seen.values()].some(({ plain: { bytes } }) => /server-timing/i.test(bytes)));
  });
});
