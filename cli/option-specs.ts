/** An option of a command, as help shows it and the parser takes it. */
export interface OptionSpec {
  /** The name of its value in help; without one it is a switch. */
  readonly value?: string;
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: true;
  readonly help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Every command has them. */
export const COMMON_OPTIONS: OptionSpecs = {
  store: {
    value: 'where',
    help: 'a file of spans (OTLP, Jaeger, Zipkin or Tempo JSON, plain or gzip), - for a pipe, redis://host:port/db, rediss://, redis-cluster://host:port,host:port or redis-sentinel://host:port,host:port/name (default: $THROUGHLINE_STORE, else ./spans.jsonl)',
  },
  json: { help: 'JSON instead of text' },
  width: { value: 'columns', help: 'how wide to draw, 40 to 300 (default: the terminal, else 100)' },
  help: { short: 'h', help: 'this text' },
};

/** Which traces: for commands that look for some. All but the times must hold for one and the same span of a trace. */
export const FILTER_OPTIONS: OptionSpecs = {
  service: { value: 'name', help: 'with a span of this service' },
  operation: { value: 'name', help: "with a span of this name, such as 'GET /cart'" },
  tag: { value: 'key=value', multiple: true, help: 'with this attribute, of span or resource; repeat for more' },
  'min-duration': { value: 'time', help: 'with a span at least so long: 200ms, 1.5s, 2m' },
  'max-duration': { value: 'time', help: 'with a span at most so long' },
  error: { help: 'with a span that failed' },
  status: { value: 'code', help: 'with a span that answered this HTTP status: 404, or 5xx for all of its class' },
  route: { value: 'route', help: 'with a span of this route, such as /cart/:id' },
  since: { value: 'when', help: 'that began since: 15m, 2h, 7d (ago), today, yesterday, 2026-11-25T10:00Z' },
  until: { value: 'when', help: 'that began before' },
};
