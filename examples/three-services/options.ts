// What the launcher was asked for.
import { parseArgs } from 'node:util';

const HELP = `Three services, one trace a request: shop (Express 5), pricing (Koa 3), stock (Express 4).

  npm run example                   send requests, show their traces; in a terminal, go on serving until Ctrl-C
  npm run example -- --once         end after the requests (always so where CI is set or the output is no terminal)
  npm run example -- --serve        go on serving wherever it runs
  npm run example -- --requests 5   five requests of each kind at once (default 1)
  npm run example -- --store redis://127.0.0.1:6379
                                    keep the traces there (or in a file: --store spans.jsonl; default: in memory),
                                    for npx throughline to look at

SHOP_PORT=8080 makes the shop listen there (default: a free port).
Ends with status 0 when every request formed exactly one complete trace, with 1 and the reason otherwise.`;

export interface Options {
  /** Of each kind. */
  readonly requests: number;
  readonly once: boolean;
  /** The place to keep the traces in; nothing: in memory. */
  readonly store: string | undefined;
}

/** Reads the command line. Where there is nothing to run (`--help`, a mistake) it says so and ends the process. */
export function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean' },
        serve: { type: 'boolean' },
        requests: { type: 'string', default: '1' },
        store: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) end(HELP, 0);
    const requests = Number(values.requests);
    if (!Number.isInteger(requests) || requests < 1) throw new Error('--requests must be a whole number, 1 or more');
    const unattended = Boolean(process.env.CI) || process.stdout.isTTY !== true;
    return { requests, store: values.store, once: values.once === true || (unattended && values.serve !== true) };
  } catch (error) {
    return end(`${(error as Error).message}\nTry --help.`, 1);
  }
}

function end(message: string, status: number): never {
  if (status === 0) console.log(message);
  else console.error(message);
  process.exit(status);
}
