import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Readers, readOptions, text, wholeNumber } from '../core/options/options.ts';
import type { SpanRecord } from '../core/record.ts';
import { type Answer, type ReceivedRequest, receive } from './otlp-receiver.ts';
import { SpanShelf } from './span-shelf.ts';

/** Options of {@link collector}. */
export interface CollectorOptions {
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
}

const READERS = {
  port: wholeNumber(0, 65_535),
  host: text('a host name or address'),
} satisfies Readers<CollectorOptions>;

/** The answer that {@link Collector.respond} may give; `undefined`: the honest one. */
export type CollectorAnswer = Answer | 'hang' | 'reset' | undefined;

/** Decides about one request. `number` counts from 1. A promise delays the answer until it settles. */
export type Responder = (
  request: ReceivedRequest & { readonly number: number },
) => CollectorAnswer | Promise<CollectorAnswer>;

/** A running receiver. */
export interface Collector {
  /** `http://127.0.0.1:PORT`, fit for `otlp({ endpoint })` and `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** Everything received, in order of arrival, each span (trace id and span id) once. */
  readonly spans: readonly SpanRecord[];
  /** The number of POSTs to `/v1/traces` that have come, whatever was answered. */
  readonly requests: number;
  /** The spans of one trace, none when it is unknown. */
  trace(traceId: string): SpanRecord[];
  /** All traces by id. */
  traces(): Map<string, SpanRecord[]>;
  /**
   * Resolves with all spans as soon as `predicate` holds for them. Rejects after `timeoutMs` (default
   * 5000) with a message that lists what there is, and with whatever `predicate` throws.
   */
  waitFor(predicate: (spans: readonly SpanRecord[]) => boolean, timeoutMs?: number): Promise<SpanRecord[]>;
  /** {@link waitFor} at least `count` spans. */
  waitForSpans(count: number, timeoutMs?: number): Promise<SpanRecord[]>;
  /** Forgets spans and requests. */
  reset(): void;
  /**
   * Makes the next answers lie, until called with `undefined`. The spans of a request are kept when
   * its answer has a status below 300, and only then; `'hang'` never answers, `'reset'` cuts the
   * connection.
   *
   *     backend.respond(({ number }) => (number === 1 ? { status: 503, headers: { 'retry-after': '1' } } : undefined));
   */
  respond(responder: Responder | undefined): void;
  /** Stops listening and cuts all connections. Whoever still waits is told. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a real OTLP/HTTP receiver, for tests and examples: protobuf and JSON, plain, gzip or deflate.
 * A request, and what it unfolds to, is at most 64 MiB.
 * Rejects when it cannot listen; throws a `TypeError` for a wrong option.
 *
 *     const backend = await collector();
 *     start({ exporters: otlp({ endpoint: backend.url }) });
 *     …
 *     const [span] = await backend.waitForSpans(1);
 *     await backend.close();
 */
export async function collector(options: CollectorOptions = {}): Promise<Collector> {
  const { port = 0, host = '127.0.0.1' } = readOptions('collector', options, READERS);
  const running = new RunningCollector();
  await running.listen(port, host);
  return running;
}

class RunningCollector implements Collector {
  readonly #server: Server;
  readonly #shelf: SpanShelf;
  #url: string;
  #requests: number;
  #responder: Responder | undefined;
  #closed: Promise<void> | undefined;

  constructor() {
    const events = {
      arrived: (): void => {
        this.#requests++;
      },
      received: (request: ReceivedRequest): Promise<CollectorAnswer> => this.#received(request),
    };
    this.#server = createServer((req, res) => void receive(req, res, events));
    this.#shelf = new SpanShelf();
    this.#url = '';
    this.#requests = 0;
    this.#responder = undefined;
    this.#closed = undefined;
  }

  get url(): string {
    return this.#url;
  }

  get spans(): readonly SpanRecord[] {
    return this.#shelf.spans;
  }

  get requests(): number {
    return this.#requests;
  }

  trace(traceId: string): SpanRecord[] {
    return this.#shelf.trace(traceId);
  }

  traces(): Map<string, SpanRecord[]> {
    return this.#shelf.traces;
  }

  waitFor(predicate: (spans: readonly SpanRecord[]) => boolean, timeoutMs: number = 5000): Promise<SpanRecord[]> {
    return this.#shelf.waitFor(predicate, timeoutMs, 'match');
  }

  waitForSpans(count: number, timeoutMs: number = 5000): Promise<SpanRecord[]> {
    return this.#shelf.waitFor((spans) => spans.length >= count, timeoutMs, `${count} spans`);
  }

  reset(): void {
    this.#shelf.clear();
    this.#requests = 0;
  }

  respond(responder: Responder | undefined): void {
    this.#responder = responder;
  }

  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        const { address, port: actual, family } = this.#server.address() as AddressInfo;
        this.#url = `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`;
        resolve();
      });
    });
  }

  async #received(request: ReceivedRequest): Promise<CollectorAnswer> {
    const answer = await this.#responder?.({ ...request, number: this.#requests });
    if (answer === undefined || (typeof answer === 'object' && answer.status < 300)) this.#shelf.add(request.records);
    return answer;
  }

  #stop(): Promise<void> {
    this.#shelf.failWaiters('closed while waiting');
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
