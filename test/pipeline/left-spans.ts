import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SpanRecord } from 'throughline/exporters';
import { readRecord } from '../../src/core/pipeline/spool/read-record.ts';
import { parseSegmentName, readCursor } from '../../src/core/pipeline/spool/segment-format.ts';
import { spoolCodec } from '../../src/exporters/spool-codec.ts';
import { filesIn } from './spool-folder.ts';

/** All spans in the spools below `folder` that have not been acknowledged, in the order of their files. */
export async function leftSpans(folder: string): Promise<SpanRecord[]> {
  const codec = spoolCodec();
  const spans: SpanRecord[] = [];
  for (const path of filesIn(folder)) {
    const name = parseSegmentName(basename(path));
    if (name === undefined) continue;
    const bytes = readFileSync(join(folder, path));
    let next = readRecord(bytes, readCursor(bytes), name.salt);
    while (next.record !== undefined) {
      spans.push(...(await codec.decode(next.record.type, next.record.payload)));
      next = readRecord(bytes, next.record.end, name.salt);
    }
  }
  return spans;
}
