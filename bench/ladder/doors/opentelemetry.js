import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { KoaInstrumentation } from '@opentelemetry/instrumentation-koa';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';

// Room for every span of a trial: with the default of 2048 a full-speed run drops most of them,
// and would measure less work than it claims.
const MAX_QUEUE_SIZE = 200_000;

/** The set-up its documentation gives. `layers: false` leaves only the server and client spans, as ours do. */
export function open({ ratio, layers }) {
  const processor = new BatchSpanProcessor(new OTLPTraceExporter(), { maxQueueSize: MAX_QUEUE_SIZE });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [processor],
  });
  provider.register();
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new HttpInstrumentation(),
      new ExpressInstrumentation(layers ? {} : { ignoreLayersType: ['middleware', 'router', 'request_handler'] }),
      new UndiciInstrumentation(),
      new KoaInstrumentation(layers ? {} : { ignoreLayersType: ['middleware', 'router'] }),
    ],
  });
  return { client: (axios) => axios, flush: () => provider.forceFlush() };
}
