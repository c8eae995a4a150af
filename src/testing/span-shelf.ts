import type { SpanRecord } from '../core/record.ts';
import { clearTimeout, setTimeout } from '../core/timers.ts';
import { pushTo } from '../leaves/grouping.ts';

type Predicate = (spans: readonly SpanRecord[]) => boolean;

interface Waiter {
  readonly check: () => void;
  readonly fail: (reason: string) => void;
}

/** The spans a collector has received, each once, and those who wait for more. */
export class SpanShelf {
  #spans: SpanRecord[];
  #traces: Map<string, SpanRecord[]>;
  #seen: Set<string>;
  readonly #waiters: Set<Waiter>;

  constructor() {
    this.#spans = [];
    this.#traces = new Map();
    this.#seen = new Set();
    this.#waiters = new Set();
  }

  get spans(): readonly SpanRecord[] {
    return this.#spans;
  }

  get traces(): Map<string, SpanRecord[]> {
    return new Map([...this.#traces].map(([traceId, spans]) => [traceId, [...spans]]));
  }

  trace(traceId: string): SpanRecord[] {
    return [...(this.#traces.get(traceId.toLowerCase()) ?? [])];
  }

  /** Adds what is new: a batch sent again after a lost answer changes nothing. */
  add(records: readonly SpanRecord[]): void {
    for (const record of records) this.#addOne(record);
    for (const waiter of [...this.#waiters]) waiter.check();
  }

  clear(): void {
    this.#spans = [];
    this.#traces = new Map();
    this.#seen = new Set();
  }

  /** Resolves as soon as `predicate` holds; rejects after `timeoutMs`, saying what there is instead. */
  waitFor(predicate: Predicate, timeoutMs: number, what: string): Promise<SpanRecord[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.fail(`no ${what} within ${timeoutMs} ms`), timeoutMs);
      const settle = (action: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        action();
      };
      const check = (): void => {
        try {
          if (predicate(this.#spans)) settle(() => resolve([...this.#spans]));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const fail = (reason: string): void =>
        settle(() => reject(new Error(`collector: ${reason}; it has ${this.#summary()}`)));
      const waiter: Waiter = { check, fail };
      this.#waiters.add(waiter);
      check();
    });
  }

  /** Ends all waiting. */
  failWaiters(reason: string): void {
    for (const waiter of [...this.#waiters]) waiter.fail(reason);
  }

  #addOne(record: SpanRecord): void {
    const key = record.traceId + record.spanId;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#spans.push(record);
    pushTo(this.#traces, record.traceId, record);
  }

  /** `3 spans in 2 traces: "GET /a", "GET /b", "query"` */
  #summary(): string {
    if (this.#spans.length === 0) return 'no spans';
    const names = this.#spans.slice(0, 10).map((span) => JSON.stringify(span.name.slice(0, 60)));
    const more = this.#spans.length > names.length ? `, and ${this.#spans.length - names.length} more` : '';
    return `${this.#spans.length} spans in ${this.#traces.size} traces: ${names.join(', ')}${more}`;
  }
}
