import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** As a service would: one line to start, one for the server, one for the client. The sink is named by OTEL_*. */
export async function open({ sample, from }) {
  const { start, traceAxios, traceFetch, traceHttp, tracing } = await import(from ? entryOf(from) : 'throughline');
  const throughline = start({ service: 'bench', sample });
  return {
    middleware: tracing,
    client: traceAxios,
    fetch: () => traceFetch(),
    http: traceHttp,
    flush: () => throughline.flush(10_000),
  };
}

/** The package of another tree, as a file in it would import it. */
function entryOf(folder) {
  const resolve = createRequire(join(folder, 'package.json')).resolve;
  return pathToFileURL(resolve('throughline')).href;
}
