/** Imports the module named on the command line and prints what that loads, by load-hooks.ts, and then what it left running. */
import { writeSync } from 'node:fs';
import { register } from 'node:module';

register('./load-hooks.js', import.meta.url);
await import(process.argv[2] ?? '');
writeSync(1, `${JSON.stringify({ resources: process.getActiveResourcesInfo() })}\n`);
