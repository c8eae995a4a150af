import { after, mock } from 'node:test';

/**
 * Imported before anything of the product: its timers, which are taken at load, are those of `mock.timers` in this
 * file. Whoever wants them to run by a test's own hand calls `mock.timers.tick()`.
 */
mock.timers.enable({ apis: ['setTimeout'] });
after(() => mock.timers.reset());
