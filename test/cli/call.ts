import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { fileStore } from 'throughline/store';
import type { Io } from '../../cli/io.ts';
import { run } from '../../cli/run.ts';
import type { SpanRecord } from '../../src/core/record.ts';
import { EPOCH_MS } from '../analysis/records.ts';

/** All that one call of the command did. */
export interface Called {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The command in a folder, with a terminal that only remembers. */
export async function call(args: readonly string[], around: Partial<Io> = {}): Promise<Called> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    input: Readable.from([]),
    width: undefined,
    color: false,
    showsProgress: false,
    env: {},
    cwd: tmpdir(),
    now: () => EPOCH_MS + 60_000,
    signal: new AbortController().signal,
    ...around,
  };
  const status = await run(args, io);
  return { status, out: out.join(''), err: err.join('') };
}

/** A folder of the test's own. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with these spans in its `spans.jsonl`. */
export async function folderWith(t: TestContext, spans: readonly SpanRecord[]): Promise<string> {
  const folder = folderFor(t);
  await writeSpans(join(folder, 'spans.jsonl'), spans);
  return folder;
}

export async function writeSpans(path: string, spans: readonly SpanRecord[]): Promise<void> {
  const store = fileStore({ path });
  await store.append(spans);
  await store.close();
}
