/** Imports the module named on the command line and prints what that loads, by load-hooks.ts. */
import { register } from 'node:module';

register('./load-hooks.js', import.meta.url);
await import(process.argv[2] ?? '');
