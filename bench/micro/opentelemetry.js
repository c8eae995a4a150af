import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** Takes every batch at once: what it costs to make a span and hand it on, not to send it. */
const discard = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => {},
};

/** OpenTelemetry's defaults, with a queue that holds every span of a batch of measurements. */
export function openTelemetry() {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    spanProcessors: [new BatchSpanProcessor(discard, { maxQueueSize: 1_000_000, scheduledDelayMillis: 60_000 })],
  });
  provider.register();
  return { tracer: provider.getTracer('bench'), drain: () => provider.forceFlush() };
}

export const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});
