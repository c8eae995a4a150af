import type { Exporter, ExportResult } from './exporter.ts';

/**
 * Says where spans go, or why they cannot: one line at the first answer, then one on each change.
 * Exporters without a `destination` have nothing to announce.
 */
export class Announcer {
  readonly #destination: string | undefined;
  readonly #say: (message: string) => void;
  #state: ExportResult['outcome'] | undefined;
  #droppedBefore = 0;

  constructor(exporter: Exporter, say: (message: string) => void) {
    this.#destination = exporter.destination;
    this.#say = say;
  }

  /** Notes the answer to one batch; `dropped` is how many spans this exporter has lost so far. */
  note(result: ExportResult, dropped: number): void {
    const before = this.#state;
    this.#state = result.outcome;
    if (this.#destination === undefined || before === result.outcome) return;
    this.#say(this.#line(result, before, dropped - this.#droppedBefore));
    this.#droppedBefore = dropped;
  }

  #line(result: ExportResult, before: ExportResult['outcome'] | undefined, lost: number): string {
    const target = this.#destination;
    switch (result.outcome) {
      case 'accepted':
        if (before === undefined) return `sending spans to ${target}`;
        return `sending spans to ${target} again; ${lost === 0 ? 'none were lost' : `${lost} were lost meanwhile`}`;
      case 'retry':
        return `cannot send spans to ${target}: ${result.reason}; keeping them in memory and trying again`;
      case 'refused':
        return `${target} refuses spans: ${result.reason}; refused spans are dropped and counted in stats()`;
    }
  }
}
