// Sends a request, and says what is wrong with the trace it became.
import type { Collector, SpanRecord } from 'throughline/test';
import { outlineOf } from './outline.ts';
import type { ExampleRequest } from './requests.ts';

/** A request that was sent. */
export interface SentRequest {
  readonly request: ExampleRequest;
  /** The name it went by, as its user agent: by this its trace is found. */
  readonly client: string;
  /** The answer's status, or why there was none. */
  readonly answer: number | string;
}

const ANSWER_TIMEOUT_MS = 10_000;

export async function send(shopUrl: string, request: ExampleRequest, client: string): Promise<SentRequest> {
  const { method, path } = request;
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(shopUrl + path, { method, headers: { 'user-agent': client }, signal });
    await response.arrayBuffer();
    return { request, client, answer: response.status };
  } catch (error) {
    return { request, client, answer: String((error as Error).cause ?? error) };
  }
}

/** The traces that begin with this request: exactly one when all is well. */
export function tracesOf({ client }: SentRequest, backend: Collector): SpanRecord[][] {
  const isFirst = (span: SpanRecord): boolean =>
    span.parentSpanId === undefined && span.attributes['user_agent.original'] === client;
  return [...backend.traces().values()].filter((spans) => spans.some(isFirst));
}

/** Why this request did not become exactly one complete trace; nothing when it did. */
export function problemOf(sent: SentRequest, backend: Collector): string | undefined {
  const { request, answer } = sent;
  if (answer !== request.status) return `answered ${answer}, expected ${request.status}`;
  const traces = tracesOf(sent, backend);
  const [spans] = traces;
  if (spans === undefined) return 'no trace of it has arrived';
  if (traces.length > 1) return `became ${traces.length} traces`;
  const expected = request.trace.trim();
  const outline = outlineOf(spans);
  return outline === expected ? undefined : `is not the trace it should be\nexpected:\n${expected}\nis:\n${outline}`;
}

/** A trace that has arrived and belongs to none of the requests: it broke on its way. */
export function strayProblem(sent: readonly SentRequest[], backend: Collector): string | undefined {
  const claimed = new Set(sent.flatMap((one) => tracesOf(one, backend)).map((spans) => spans[0]?.traceId));
  const strays = [...backend.traces()].filter(([traceId]) => !claimed.has(traceId as SpanRecord['traceId']));
  if (strays.length === 0) return undefined;
  return `${strays.length} traces begin with none of the requests\n${strays.map(([, spans]) => outlineOf(spans)).join('\n')}`;
}
