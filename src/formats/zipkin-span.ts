/** A span of Zipkin's v2 API as JSON has it. What is not known is left out. */
export interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly kind?: 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';
  /** Microseconds since the Unix epoch, whole. */
  readonly timestamp?: number;
  /** Microseconds, whole, at least 1. */
  readonly duration?: number;
  readonly localEndpoint?: ZipkinEndpoint;
  readonly remoteEndpoint?: ZipkinEndpoint;
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ZipkinEndpoint {
  readonly serviceName?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly port?: number;
}

/** Tags that say what a Zipkin span has no field for (OpenTelemetry to Zipkin Transformation; links as the Collector writes them). */
export const TAG = {
  error: 'error',
  status: 'otel.status_code',
  scopeName: 'otel.scope.name',
  scopeVersion: 'otel.scope.version',
  droppedAttributes: 'otel.dropped_attributes_count',
  droppedEvents: 'otel.dropped_events_count',
  droppedLinks: 'otel.dropped_links_count',
  traceState: 'w3c.tracestate',
  /** `otlp.link.0`: `traceId|spanId|tracestate|{"attribute":1}|0` */
  link: 'otlp.link.',
} as const;
