import { start, traceAxios, tracing } from 'throughline';

/** As a service would: one line to start, one for the server, one for the client. The sink is named by OTEL_*. */
export function open({ sample }) {
  const throughline = start({ service: 'bench', sample });
  return { middleware: tracing, client: traceAxios, flush: () => throughline.flush(10_000) };
}
