import type { IncomingMessage, ServerResponse } from 'node:http';
import { CONTENT_TYPES, type MetricFormat } from '../../src/core/metrics/metric-text.ts';
import { metricsText } from '../../src/core/metrics/tracer-metrics.ts';
import { currentTracer } from '../../src/core/spans/runtime.ts';

/** Serves metrics in Express 4 and 5, Connect, node:http, and Koa 2 and 3: the same function. */
export interface MetricsHandler {
  (req: IncomingMessage, res: ServerResponse): void;
  (ctx: object): void;
}

/** Koa's context, as far as it is needed to answer. */
interface KoaAnswer {
  readonly req: IncomingMessage;
  set(field: string, value: string): void;
  body: unknown;
}

/** A handler that answers with the metrics of the process, in the format that the scraper asks for. */
export function createMetricsHandler(): MetricsHandler {
  function metricsHandler(first: IncomingMessage | KoaAnswer, res?: ServerResponse | (() => unknown)): void {
    if (isKoa(first)) {
      const { text, type } = answerTo(first.req);
      first.set('content-type', type);
      first.body = text;
      return;
    }
    const { text, type } = answerTo(first);
    const response = res as ServerResponse;
    response.setHeader('content-type', type);
    response.end(text);
  }
  return metricsHandler as MetricsHandler;
}

/** Koa's context leads to node's request, which leads to no other. */
function isKoa(first: IncomingMessage | KoaAnswer): first is KoaAnswer {
  return 'req' in first;
}

function answerTo({ headers }: IncomingMessage): { text: string; type: string } {
  const wantsOpenMetrics = headers.accept?.includes('application/openmetrics-text') === true;
  const format: MetricFormat = wantsOpenMetrics ? 'openmetrics' : 'prometheus';
  return { text: metricsText(currentTracer(), format), type: CONTENT_TYPES[format] };
}
