/** A guest of the waiting room: it holds ended spans, and does not know yet what is to become of them. */
export interface Undecided {
  /** Decides by what is known now, and leaves. */
  decideNow(): void;
}

/**
 * The place of ended spans whose local traces are not decided: one bound, in bytes, for all of
 * them together. Above it the oldest trace is decided by what is known of it by then.
 */
export class WaitingRoom {
  readonly #maxBytes: number;
  /** Those that hold spans, in the order in which the first of them came. */
  readonly #guests = new Set<Undecided>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Estimated bytes of the spans that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more span waits with `guest`. */
  enter(guest: Undecided, bytes: number): void {
    this.#guests.add(guest);
    this.#bytes += bytes;
    for (const oldest of this.#guests) {
      if (this.#bytes <= this.#maxBytes) return;
      oldest.decideNow();
    }
  }

  /** All that waited with `guest` have left: so many bytes. */
  leave(guest: Undecided, bytes: number): void {
    this.#guests.delete(guest);
    this.#bytes -= bytes;
  }

  /** Decides everything by what is known now: the process ends, or tracing does. */
  decideAll(): void {
    for (const guest of this.#guests) guest.decideNow();
  }
}
