import type { Agent } from 'node:http';
import type { Duration } from '../core/options/duration.ts';
import { type Readers, readOptions } from '../core/options/options.ts';
import { startDeadline } from '../core/pipeline/deadline.ts';
import type { Exporter, ExportProbe, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { epochMs, nextTurn } from '../core/timers.ts';
import { defaultEndpoint, endpointReader } from './endpoint.ts';
import { describeFailure } from './failure-text.ts';
import { type GivenHeaders, headersSource } from './headers-source.ts';
import { agentReader, headersReader, ownHeaders, timeoutReader } from './http-options.ts';
import { type HttpAnswer, HttpPost } from './http-post.ts';
import { dateOf, failureResult, isSuccess } from './otlp-answer.ts';

/** Options of {@link zipkin}. */
export interface ZipkinOptions {
  /**
   * URL of the receiver; `/api/v2/spans` is added when it has no path, any other path is used as it is.
   * Credentials and Unix-domain sockets as in `otlp()`. Default `http://127.0.0.1:9411`.
   */
  readonly endpoint?: string | undefined;
  /** Sent with every request, or a function that is asked for each, as in `otlp()`. `content-*` stay our own. */
  readonly headers?: GivenHeaders | undefined;
  /** The longest one request may take, connecting and reading included: milliseconds, or `'10s'`. Default 10000. */
  readonly timeoutMs?: Duration | undefined;
  /** An agent of node:http or node:https to send through, such as a proxy's; default and environment as in `otlp()`. */
  readonly agent?: Agent | undefined;
}

const READERS = {
  endpoint: endpointReader('/api/v2/spans'),
  headers: headersReader,
  timeoutMs: timeoutReader,
  agent: agentReader,
} satisfies Readers<ZipkinOptions>;

/**
 * Sends spans to Zipkin, or what else takes its v2 JSON, by the rules of OpenTelemetry to Zipkin
 * Transformation. Zipkin's spans hold less than OTLP's: attributes become text, times whole microseconds.
 * Throws a `TypeError` with code `ERR_THROUGHLINE_OPTION` for a wrong option; after that nothing throws.
 *
 *     start({ exporters: zipkin({ endpoint: 'http://zipkin:9411' }) });
 */
export function zipkin(options: ZipkinOptions = {}): Exporter {
  const given = readOptions('zipkin', options, READERS);
  const { endpoint = defaultEndpoint('http://127.0.0.1:9411/api/v2/spans') } = given;
  const headers = headersSource(ownHeaders('throughline', endpoint.authorization), given.headers);
  const post = new HttpPost(endpoint, headers, {}, given.agent);
  return new ZipkinExporter(endpoint.destination, given.endpoint === undefined, post, given.timeoutMs);
}

class ZipkinExporter implements Exporter {
  readonly name: string = 'zipkin';
  readonly destination: string;
  readonly isDefaultDestination: boolean;
  readonly timeoutMs: number | undefined;
  readonly #post: HttpPost;

  constructor(destination: string, isDefaultDestination: boolean, post: HttpPost, timeoutMs: number | undefined) {
    this.destination = destination;
    this.isDefaultDestination = isDefaultDestination;
    this.#post = post;
    this.timeoutMs = timeoutMs;
  }

  async export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    return (await this.#send(batch, signal)).result;
  }

  /** An empty list, which Zipkin takes as it takes any other. */
  probe(signal: AbortSignal): Promise<ExportProbe> {
    return this.#send([], signal);
  }

  async #send(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportProbe> {
    const own = this.timeoutMs === undefined ? undefined : startDeadline(this.timeoutMs, signal);
    try {
      const body = await encodeInSlices(batch);
      if (typeof body === 'string') return { result: { outcome: 'refused', reason: body } };
      const answer = await this.#post.send(body, own?.signal ?? signal, { 'content-type': 'application/json' });
      return { result: resultOf(answer), serverTimeMs: dateOf(answer) };
    } catch (error) {
      return { result: { outcome: 'retry', reason: describeFailure(error) } };
    } finally {
      own?.clear();
    }
  }

  shutdown(): void {
    this.#post.close();
  }
}

/** About 2 ms of work for spans of 20 attributes; a whole batch of 512 would hold up the event loop for 10. */
const SLICE = 100;

/** The JSON list, made a slice a turn of the event loop by code that is loaded with the first batch; or why there is none. */
async function encodeInSlices(batch: readonly SpanRecord[]): Promise<Buffer | string> {
  const slices: string[] = [];
  try {
    const { encodeZipkinSpans } = await import('../formats/zipkin-json-encode.ts');
    for (let start = 0; start < batch.length; start += SLICE) {
      if (start > 0) await nextTurn();
      slices.push(encodeZipkinSpans(batch.slice(start, start + SLICE)).slice(1, -1));
    }
  } catch (error) {
    return `the batch cannot be encoded: ${String((error as Error | undefined)?.message)}`;
  }
  return Buffer.from(`[${slices.join(',')}]`);
}

/** Zipkin answers 202 without a body. A web page with a 200 comes from something else. */
function resultOf(answer: HttpAnswer): ExportResult {
  const type = (answer.headers['content-type'] ?? '').toLowerCase();
  if (!isSuccess(answer)) return failureResult(answer, type, epochMs());
  return type.startsWith('text/html')
    ? { outcome: 'accepted', message: 'the answer is a web page: is this Zipkin?' }
    : { outcome: 'accepted' };
}
