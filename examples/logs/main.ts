import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { logFields, span, start } from 'throughline';
import { toConsole } from 'throughline/exporters';

/** One line of set-up: every log line names the span it was written in. */
const log = pino({ mixin: logFields });

/** Spans go to stderr as a tree, log lines to stdout. */
const throughline = start({ service: 'shop', exporters: toConsole() });

log.info('no span is active here: a line as always');

await span('order', async (order) => {
  log.info({ item: 'pear' }, 'an order came in');
  await span('stock', async () => {
    await pause(3);
    log.warn('only one left');
  });
  order.log('stock asked', { left: 1 }); // an event of the span itself: it goes where the span goes
});

await throughline.shutdown();
