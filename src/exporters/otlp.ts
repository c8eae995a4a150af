import { validateHeaderName, validateHeaderValue } from 'node:http';
import { optionError, refuseUnknownOptions, showValue } from '../core/errors.ts';
import type { Exporter, ExportResult } from '../core/pipeline/exporter.ts';
import type { SpanRecord } from '../core/record.ts';
import { version } from '../core/version.ts';
import { encodeTraceRequest } from '../formats/otlp-json-encode.ts';
import { parseEndpoint } from './endpoint.ts';
import { HttpPost } from './http-post.ts';
import { resultOfAnswer } from './otlp-answer.ts';

/** Options of {@link otlp}. */
export interface OtlpOptions {
  /**
   * URL of the receiver; `/v1/traces` is added when it has no path, any other path is used as it is.
   * `user:password@` becomes a Basic `authorization` header. Default `http://127.0.0.1:4318`.
   */
  readonly endpoint?: string | undefined;
  /** How spans are written. Default and only one: `http/json`. */
  readonly protocol?: 'http/json' | undefined;
  /** Sent with every request, such as an API key. `content-type` and `content-length` stay the exporter's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The longest one request may take, in milliseconds, connecting and reading included. Default 10000. */
  readonly timeoutMs?: number | undefined;
}

const OPTION_NAMES: readonly (keyof OtlpOptions)[] = ['endpoint', 'protocol', 'headers', 'timeoutMs'];

/** "Requests SHOULD be limited to 64 MiB" (OTLP/HTTP). */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Sends spans to an OpenTelemetry collector, or any backend that speaks OTLP/HTTP.
 * Throws a `TypeError` with code `ERR_THROUGHLINE_OPTION` for a wrong option; after that nothing throws.
 *
 *     start({ exporters: otlp({ endpoint: 'https://otlp.example.com', headers: { 'x-api-key': key } }) });
 */
export function otlp(options: OtlpOptions = {}): Exporter {
  refuseUnknownOptions('otlp', options, OPTION_NAMES);
  const { endpoint = 'http://127.0.0.1:4318', protocol = 'http/json', headers = {}, timeoutMs = 10_000 } = options;
  if (protocol !== 'http/json') {
    throw optionError(`otlp(): "protocol" must be "http/json", got ${showValue(protocol)}`);
  }
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw optionError(
      `otlp(): "timeoutMs" must be a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}, got ${showValue(timeoutMs)}`,
    );
  }
  const { url, destination, authorization } = parseEndpoint('otlp', endpoint, '/v1/traces');
  const post = new HttpPost(url, {
    'user-agent': `OTel-OTLP-Exporter-throughline/${version}`,
    // B3, last section: requests that carry spans should not be traced by proxies on the way.
    b3: '0',
    ...(authorization !== undefined && { authorization }),
    ...checkedHeaders(headers),
    'content-type': 'application/json',
  });
  return new OtlpExporter(destination, options.endpoint === undefined, post, timeoutMs);
}

class OtlpExporter implements Exporter {
  readonly name: string = 'otlp';
  readonly destination: string;
  readonly isDefaultDestination: boolean;
  readonly #post: HttpPost;
  readonly #timeoutMs: number;

  constructor(destination: string, isDefaultDestination: boolean, post: HttpPost, timeoutMs: number) {
    this.destination = destination;
    this.isDefaultDestination = isDefaultDestination;
    this.#post = post;
    this.#timeoutMs = timeoutMs;
  }

  async export(batch: readonly SpanRecord[], signal: AbortSignal): Promise<ExportResult> {
    const body = encodeBody(batch);
    if (!Buffer.isBuffer(body)) return body;
    const deadline = startDeadline(signal, this.#timeoutMs);
    try {
      return resultOfAnswer(await this.#post.send(body, deadline.signal), batch.length, Date.now());
    } catch (error) {
      return { outcome: 'retry', reason: describeFailure(error) };
    } finally {
      deadline.clear();
    }
  }

  shutdown(): void {
    this.#post.close();
  }
}

/** The bytes, or why there are none. */
function encodeBody(batch: readonly SpanRecord[]): Buffer | ExportResult {
  try {
    const body = Buffer.from(encodeTraceRequest(batch));
    if (body.length <= MAX_REQUEST_BYTES) return body;
    return { outcome: 'too-large', reason: `the batch is larger than 64 MiB (${body.length} bytes)` };
  } catch (error) {
    const reason = `the batch cannot be encoded: ${String((error as Error | undefined)?.message)}`;
    return { outcome: 'refused', reason };
  }
}

/** The pipeline's deadline or our own, whichever is first. (`AbortSignal.any` leaks on long-lived signals in Node 20.) */
function startDeadline(outer: AbortSignal, timeoutMs: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  function onOuterAbort(): void {
    controller.abort(new Error('gave up at the deadline'));
  }
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  timer.unref();
  if (outer.aborted) onOuterAbort();
  else outer.addEventListener('abort', onOuterAbort, { once: true });
  function clear(): void {
    clearTimeout(timer);
    outer.removeEventListener('abort', onOuterAbort);
  }
  return { signal: controller.signal, clear };
}

/** `ECONNREFUSED`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`: the code says it; messages may be empty (two addresses tried). */
function describeFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? String(message) : `connection failed: ${code}`;
}

/** Lower-cased; names and values that HTTP forbids are refused here rather than at every export. Values are not shown: they are secrets. */
function checkedHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw optionError(`otlp(): "headers" must be an object of strings, got ${showValue(headers)}`);
  }
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') {
      throw optionError(`otlp(): header ${showValue(name)} must be a string, got ${showValue(value)}`);
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw optionError(`otlp(): header ${showValue(name)} has a name or value that HTTP does not allow`);
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
