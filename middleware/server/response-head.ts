import type { ServerResponse } from 'node:http';
import { formatTraceparent } from '../../propagation/traceparent.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';
import type { ResponseHeader } from './server-settings.ts';

/** The head of a response at the moment it is written: what the app set before, and what it passes to `writeHead`. */
export class ResponseHead {
  readonly #res: ServerResponse;
  readonly #args: readonly unknown[];
  /** Index of the headers in the arguments: after the status, or after its text. -1 without any. */
  readonly #at: number;

  constructor(res: ServerResponse, args: readonly unknown[]) {
    this.#res = res;
    this.#args = args;
    this.#at =
      typeof args[1] === 'object' && args[1] !== null ? 1 : typeof args[2] === 'object' && args[2] !== null ? 2 : -1;
  }

  /** The value of a header, by its name in lower case, as the app gave it. */
  header(name: string): unknown {
    const passed = this.#at === -1 ? undefined : this.#passed(name);
    return passed === undefined ? this.#res.getHeader(name) : passed;
  }

  /** The arguments for `writeHead`, with another value for one header. Objects of the app's stay as they are. */
  withHeader(name: string, value: string | string[]): readonly unknown[] {
    const headers = this.#args[this.#at];
    if (headers === undefined) {
      this.#res.setHeader(name, value);
      return this.#args;
    }
    const args = [...this.#args];
    args[this.#at] = Array.isArray(headers) ? withEntry(headers, name, value) : withKey(headers as object, name, value);
    return args;
  }

  #passed(name: string): unknown {
    const headers = this.#args[this.#at];
    if (Array.isArray(headers)) return entryOf(headers, name);
    for (const key of Object.keys(headers ?? {})) {
      if (isNamed(key, name)) return (headers as Record<string, unknown>)[key];
    }
    return undefined;
  }
}

function isNamed(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.length === name.length && key.toLowerCase() === name;
}

/** Node takes `[name, value, name, value]` and `[[name, value], …]`. */
function entryOf(headers: readonly unknown[], name: string): unknown {
  const values = entries(headers).flatMap(([key, value]) => (isNamed(key, name) ? [value] : []));
  return values.length > 1 ? values : values[0];
}

function entries(headers: readonly unknown[]): (readonly [unknown, unknown])[] {
  if (Array.isArray(headers[0])) return headers as [unknown, unknown][];
  const pairs: [unknown, unknown][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]]);
  return pairs;
}

function withEntry(headers: readonly unknown[], name: string, value: unknown): unknown[] {
  const isNested = Array.isArray(headers[0]);
  const others = entries(headers).filter(([key]) => !isNamed(key, name));
  return isNested ? [...others, [name, value]] : [...others.flat(), name, value];
}

function withKey(headers: object, name: string, value: unknown): object {
  const others = Object.entries(headers).filter(([key]) => !isNamed(key, name));
  return Object.fromEntries([...others, [name, value]]);
}

/** Called with the head of a response when it is written; answers with the arguments for `writeHead`. */
export type HeadListener = (head: ResponseHead, args: readonly unknown[]) => readonly unknown[];

/**
 * Has `onHead` called once, when the head of the response is written: by the app, or by node at the first
 * bytes of a body. Later calls, which node refuses, pass through.
 */
export function watchHead(res: ServerResponse, onHead: HeadListener): void {
  const original: unknown = res.writeHead;
  if (typeof original !== 'function' || !Object.isExtensible(res)) return;
  let isWritten = false;
  res.writeHead = function writeHead(this: ServerResponse, ...args: unknown[]): ServerResponse {
    if (isWritten || res.headersSent) return Reflect.apply(original, this, args);
    isWritten = true;
    return Reflect.apply(original, this, argumentsFrom(onHead, res, args));
  } as ServerResponse['writeHead'];
}

function argumentsFrom(onHead: HeadListener, res: ServerResponse, args: readonly unknown[]): readonly unknown[] {
  try {
    return onHead(new ResponseHead(res, args), args);
  } catch (error) {
    noteFault('response head', error);
    return args;
  }
}

/**
 * Names the trace in the response, beside what the app says there itself:
 *
 *     traceresponse: 00-<trace-id>-<child-id>-<flags>              W3C Trace Context Level 2 draft
 *     server-timing: db;dur=53, trace;desc=00-<trace-id>-<span-id>-<flags>   Level 3 editor's draft
 */
export function withTrace(
  head: ResponseHead,
  args: readonly unknown[],
  span: RecordingSpan,
  kind: ResponseHeader,
): readonly unknown[] {
  const existing = head.header(kind);
  const { traceId, spanId } = span;
  const named = formatTraceparent({ traceId, spanId, traceFlags: span.decideAnswerFlags() });
  if (kind === 'traceresponse') {
    return existing === undefined ? head.withHeader(kind, named) : args; // the app's own word stands
  }
  const metric = `trace;desc=${named}`;
  if (existing === undefined || existing === '') return head.withHeader(kind, metric);
  if (Array.isArray(existing)) return head.withHeader(kind, [...existing.map(String), metric]);
  return head.withHeader(kind, `${existing}, ${metric}`);
}
