import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from 'throughline';
import { file, memory, parseSpans, toConsole } from 'throughline/exporters';
import { outline, table } from './show.ts';
import { nested, siblings, single } from './work.ts';

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), 'function-calls-')), 'spans.jsonl');
rmSync(path, { force: true }); // the file exporter appends

// Printed as trees, saved as records, and kept to compare with what is read back.
const kept = memory();
const throughline = start({
  service: 'function-calls',
  exporters: [toConsole({ stream: process.stdout }), file({ path }), kept],
});

await nested();
await siblings();
await single();
await throughline.shutdown();

const spans = parseSpans(readFileSync(path, 'utf8'));
console.log(`${spans.length} spans read back from ${path}:\n`);
console.log(outline(spans));
console.log(`\n${table(spans)}`);

if (outline(spans) !== outline(kept.spans)) {
  console.error('\nWhat was read back is not what was traced:\n');
  console.error(outline(kept.spans));
  process.exitCode = 1;
}
