import type { Exporter, ExportResult, SpanRecord } from 'throughline/exporters';

/** One `export` that waits for its answer. */
export interface Call {
  readonly batch: readonly SpanRecord[];
  readonly signal: AbortSignal;
  answer(result: unknown): void;
  reject(reason: unknown): void;
}

/** An exporter that answers on command, and keeps what it was given. */
export interface ScriptedExporter extends Exporter {
  readonly calls: readonly Call[];
  readonly shutdowns: number;
  /** Resolves with call `number`, from 1, as soon as it has come. */
  call(number: number): Promise<Call>;
  /** Names of everything accepted so far, in order. */
  readonly accepted: readonly string[];
}

export const ACCEPTED: ExportResult = { outcome: 'accepted' };
export const RETRY: ExportResult = { outcome: 'retry', reason: 'down' };
export const TOO_LARGE: ExportResult = { outcome: 'too-large', reason: '413' };
export const REFUSED: ExportResult = { outcome: 'refused', reason: 'bad' };

/** `react` may answer, or throw, at once; what it leaves undefined waits. */
export function scriptedExporter(
  react: (batch: readonly SpanRecord[], number: number) => unknown = () => undefined,
  destination?: string,
): ScriptedExporter {
  const calls: Call[] = [];
  const waiting = new Map<number, (call: Call) => void>();
  const accepted: string[] = [];
  let shutdowns = 0;
  return {
    name: 'scripted',
    destination,
    calls,
    accepted,
    get shutdowns() {
      return shutdowns;
    },
    async call(number) {
      return calls[number - 1] ?? new Promise((resolve) => waiting.set(number, resolve));
    },
    export(batch, signal) {
      const { promise, resolve, reject } = settleable();
      const answer = (result: unknown): void => {
        if ((result as ExportResult | undefined)?.outcome === 'accepted') accepted.push(...namesOf(batch));
        resolve(result);
      };
      const call = { batch, signal, answer, reject };
      calls.push(call);
      waiting.get(calls.length)?.(call);
      const reaction = react(batch, calls.length);
      if (reaction !== undefined) answer(reaction);
      return promise as Promise<ExportResult>;
    },
    shutdown() {
      shutdowns++;
    },
  };
}

export function namesOf(batch: readonly SpanRecord[]): string[] {
  return batch.map((record) => record.name);
}

function settleable() {
  let resolve: (value: unknown) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<unknown>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}
