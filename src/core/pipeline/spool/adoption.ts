import type { Say } from '../../diagnostics.ts';
import { runOutsideScopes } from '../../scope/scope.ts';
import { clearInterval, setInterval } from '../../timers.ts';
import type { Source } from '../source.ts';
import type { Inherited } from './inherited.ts';
import type { SpoolKit } from './spool-kit.ts';

/** Looks for what dead processes have left, again and again, and offers it to be sent. */
export class Adoption {
  readonly #kit: SpoolKit;
  readonly #everyMs: number;
  readonly #say: Say;
  /** Somebody has left something. */
  readonly #onFound: () => void;
  #inherited: Inherited | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(kit: SpoolKit, everyMs: number, say: Say, onFound: () => void) {
    this.#kit = kit;
    this.#everyMs = everyMs;
    this.#say = say;
    this.#onFound = onFound;
    this.#inherited = undefined;
    this.#timer = undefined;
  }

  start(): void {
    void this.#look();
    this.#timer = runOutsideScopes(() => setInterval(() => this.#look(), this.#everyMs).unref());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The spans to be sent, where there are any. */
  get source(): Source | undefined {
    return this.#inherited?.isEmpty === false ? this.#inherited : undefined;
  }

  /** Spans of dead processes that have arrived. */
  get adopted(): number {
    return this.#inherited?.adopted ?? 0;
  }

  async #look(): Promise<void> {
    this.#inherited = await this.#kit.inherited();
    await this.#inherited.look();
    if (this.source !== undefined) this.#onFound();
  }

  /** A part of `source` was sent. Says so when that was the last of it. */
  noteSent(): void {
    if (this.#inherited === undefined || !this.#inherited.isEmpty) return;
    const { spans, damaged, discarded } = this.#inherited.takeSummary();
    const lost =
      damaged + discarded === 0 ? '' : `; ${damaged} damaged records and ${discarded} old spans were left out`;
    this.#say(
      `sent ${spans === 1 ? '1 span' : `${spans} spans`} that ended processes had left in the spool${lost}`,
      'info',
    );
    void this.#look(); // no more are taken over at once than one process can send
  }
}
