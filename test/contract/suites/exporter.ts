import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import type { Exporter, ExportResult, SpanRecord } from 'throughline/exporters';
import { bareRecord, sampleRecord } from './sample-record.ts';

/** One exporter with somewhere of its own to write to. */
export interface ExporterFixture {
  readonly exporter: Exporter;
  /** Everything that arrived on the other side, in order. */
  readBack(): Promise<readonly SpanRecord[]>;
  /** The record as the other side can know it, where its format cannot hold all of it. */
  asReceived?(record: SpanRecord): SpanRecord;
  /** The same kind of exporter with a destination that fails; left out when none can. */
  readonly failing?: Exporter;
  /**
   * A module for a process of its own that exports to a live destination and shuts down, for the
   * claim that nothing keeps it alive. It sees the package by its public name.
   */
  readonly program: string;
}

/** Makes a fixture and registers its clean-up on the test. */
export type ExporterFactory = (t: TestContext) => Promise<ExporterFixture>;

/** The promises of every exporter; a new one is done when this passes. */
export function exporterContract(name: string, factory: ExporterFactory): void {
  describe(`${name} as an exporter`, () => {
    it('has a name and a destination fit for a log line', (t) => namesItself(t, factory));
    it('carries every field of a record', (t) => carriesFields(t, factory));
    it('keeps the order of a batch', (t) => keepsOrder(t, factory));
    it('keeps hostile names, keys and values apart and whole', (t) => carriesHostileText(t, factory));
    it('takes concurrent batches without mixing or losing spans', (t) => takesConcurrentBatches(t, factory));
    it('answers retry, never rejects, after the signal has fired', (t) => respectsTheSignal(t, factory));
    it('answers retry or refused, never rejects, when its destination fails', (t) => survivesFailure(t, factory));
    it('lets the process end after shutdown', (t) => releasesEverything(t, factory));
  });
}

const never: AbortSignal = new AbortController().signal;

async function namesItself(t: TestContext, factory: ExporterFactory): Promise<void> {
  const { exporter } = await factory(t);
  assert.match(exporter.name, /^[a-z][a-z-]*$/);
  if (exporter.destination !== undefined) assert.match(exporter.destination, /^[!-~]+$/);
}

async function carriesFields(t: TestContext, factory: ExporterFactory): Promise<void> {
  const fixture = await factory(t);
  const kinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
  const records = [
    bareRecord(),
    bareRecord({ status: { code: 'ok' }, flags: 0 }),
    ...kinds.map((kind) => sampleRecord({ kind })),
    sampleRecord({ parentIsRemote: false }),
  ];
  await arrives(fixture, records);
}

/** Sends one batch and finds it on the other side, in order. */
async function arrives({ exporter, readBack, asReceived }: ExporterFixture, records: SpanRecord[]): Promise<void> {
  await accept(exporter, records);
  assert.deepEqual(await readBack(), asReceived === undefined ? records : records.map(asReceived));
}

async function keepsOrder(t: TestContext, factory: ExporterFactory): Promise<void> {
  const fixture = await factory(t);
  const { resource, scope } = sampleRecord();
  const records = Array.from({ length: 600 }, (_, n) => bareRecord({ name: `span ${n}`, resource, scope }));
  await arrives(fixture, records);
}

async function carriesHostileText(t: TestContext, factory: ExporterFactory): Promise<void> {
  const fixture = await factory(t);
  const records = hostileTexts().map((text) =>
    bareRecord({
      name: text,
      attributes: Object.fromEntries([
        [text, text],
        [`${text}.list`, [text, null]],
      ]),
      events: [{ name: text, timeMs: 5, attributes: {} }],
      status: { code: 'error', message: text },
    }),
  );
  await arrives(fixture, records);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
}

/** Control characters, quotes, line separators, lone surrogates (built, so that the file stays UTF-8), names of slots. */
function hostileTexts(): string[] {
  const controls = String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code), 0x7f);
  return [
    '__proto__',
    'constructor',
    'toString',
    controls,
    '"},{"a":"\\',
    '\u2028\u2029',
    'emoji 🦊 ü',
    '\ud800',
    'a\udfffb',
    '\x1b[31mred',
    'x'.repeat(10_000),
  ];
}

async function takesConcurrentBatches(t: TestContext, factory: ExporterFactory): Promise<void> {
  const { exporter, readBack, asReceived = (record: SpanRecord) => record } = await factory(t);
  const batches = Array.from({ length: 20 }, (_, b) =>
    Array.from({ length: 10 }, (_, n) => sampleRecord({ name: `${b}.${n}` })),
  );
  await Promise.all(batches.map((batch) => accept(exporter, batch)));
  const back = new Map((await readBack()).map((record) => [record.spanId, record]));
  const sent = batches.flat();
  assert.equal(back.size, sent.length);
  for (const record of sent) assert.deepEqual(back.get(record.spanId), asReceived(record));
}

async function respectsTheSignal(t: TestContext, factory: ExporterFactory): Promise<void> {
  const { exporter } = await factory(t);
  const result = await exporter.export([sampleRecord()], AbortSignal.abort());
  // What needs no time may still accept.
  assert.ok(['retry', 'accepted'].includes(result.outcome), result.outcome);
}

async function survivesFailure(t: TestContext, factory: ExporterFactory): Promise<void> {
  const { failing } = await factory(t);
  if (failing === undefined) return;
  const results = await Promise.all([1, 2, 3].map(() => failing.export([sampleRecord()], never)));
  for (const result of results) {
    assert.notEqual(result.outcome, 'accepted');
    assert.match(reasonOf(result), /^[\x20-\x7e]{5,300}$/);
  }
  await failing.shutdown?.();
}

async function releasesEverything(t: TestContext, factory: ExporterFactory): Promise<void> {
  const { program } = await factory(t);
  const { code, stderr } = await runModule(program);
  assert.equal(code, 0, stderr);
}

/** Runs the module from where the package can be imported by name. Fails when it does not end in time. */
export async function runModule(
  source: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: import.meta.dirname,
    timeout: 30_000,
    env: { ...process.env, ...variables },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

async function accept(exporter: Exporter, batch: readonly SpanRecord[]): Promise<void> {
  assert.deepEqual(await exporter.export(batch, never), { outcome: 'accepted' });
}

function reasonOf(result: ExportResult): string {
  return result.outcome === 'accepted' ? '' : result.reason;
}
