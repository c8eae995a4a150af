import type { Say } from '../diagnostics.ts';
import type { Exporter, ExportResult } from './exporter.ts';
import { hintFor } from './failure-hint.ts';

const LEVELS = { accepted: 'info', retry: 'warn', refused: 'error' } as const;

/**
 * Says where spans go, or why they cannot: one line at the first answer, then one on each change.
 * Exporters without a `destination` have nothing to announce.
 */
export class Announcer {
  readonly #exporter: Exporter;
  readonly #say: Say;
  #state: ExportResult['outcome'] | undefined;
  #droppedBefore = 0;

  constructor(exporter: Exporter, say: Say) {
    this.#exporter = exporter;
    this.#say = say;
  }

  /** Notes the answer to one batch; `dropped` is how many spans this exporter has lost so far, `spooling` whether there is a disk to keep them. */
  note(result: ExportResult, dropped: number, spooling: boolean): void {
    if (result.outcome === 'too-large') return; // a part of it follows
    const before = this.#state;
    const lost = dropped - this.#droppedBefore;
    this.#state = result.outcome;
    if (result.outcome === 'accepted') this.#droppedBefore = dropped; // what is lost from here on, is lost in a failure
    const { destination } = this.#exporter; // asked for now: one that is loaded at first use has none before
    if (destination === undefined || before === result.outcome) return;
    this.#say(this.#line(destination, result, before, lost, spooling), LEVELS[result.outcome]);
  }

  #line(
    target: string,
    result: Exclude<ExportResult, { outcome: 'too-large' }>,
    before: ExportResult['outcome'] | undefined,
    lost: number,
    spooling: boolean,
  ): string {
    switch (result.outcome) {
      case 'accepted':
        if (before === undefined) return `sending spans to ${target}${remark(result.message)}`;
        return `sending spans to ${target} again; ${lost === 0 ? 'none were lost' : `${lost} were lost meanwhile`}`;
      case 'retry':
        return `cannot send spans to ${target}: ${result.reason}; keeping them in memory${spooling ? ', then on disk,' : ''} and trying again`;
      case 'refused':
        return `${target} refuses spans: ${result.reason}${hintFor(result.reason)}; refused spans are ${spooling ? 'written to dead-letters.jsonl of the spool' : 'dropped'} and counted in stats()`;
    }
  }
}

/** The other side's remark while it took them: that it is no collector, perhaps. */
function remark(message: string | undefined): string {
  return message === undefined ? '' : `; it answers: ${message}`;
}
