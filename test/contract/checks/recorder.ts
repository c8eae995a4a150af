import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type SpanRecord, start, type Throughline } from 'throughline';
import { type MemoryExporter, memory } from 'throughline/exporters';
import { assertCounterLaw } from './counter-law.ts';
import { assertServerConventions } from './http-conventions.ts';

const DEADLINE_MS = 10_000;

/** The tracer of a test's process, with what it recorded. One a file. */
export class Recorder {
  readonly #tl: Throughline;
  readonly #exporter: MemoryExporter;

  constructor(service: string) {
    this.#exporter = memory();
    this.#tl = start({ service, exporters: this.#exporter });
  }

  /** Spans that have not ended yet. */
  get openSpans(): number {
    return this.#tl.openSpans().length;
  }

  get sampledOut(): number {
    return this.#tl.stats().sampledOut;
  }

  /** All spans since the last call, once none is open any more. Those of requests keep to the conventions. */
  async spans(): Promise<readonly SpanRecord[]> {
    await this.#settled();
    await this.#tl.flush();
    const spans = this.#exporter.spans;
    this.#exporter.reset();
    spans.forEach(assertServerConventions);
    return spans;
  }

  /** The one span since the last call. */
  async span(): Promise<SpanRecord> {
    const spans = await this.spans();
    assert.equal(spans.length, 1, `one span, not ${spans.map((span) => span.name).join(', ') || 'none'}`);
    return spans[0] as SpanRecord;
  }

  async shutdown(): Promise<void> {
    await this.#tl.shutdown();
  }

  /** Asserts what is true after every case, whatever it did. */
  async assertTidy(): Promise<void> {
    await this.#settled();
    await this.#tl.flush();
    this.#exporter.reset();
    assertCounterLaw(this.#tl.stats());
  }

  /** A client has its answer before the server has closed the response: some turns later no span is open. */
  async #settled(): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    while (this.#tl.openSpans().length > 0) {
      assert.ok(performance.now() < deadline, 'every span ends');
      await turn();
    }
  }
}
