const MAX_KEPT = 20_000;
const LONGEST_MS = 300_000;

/**
 * Keys and names of which Redis was told lately that they expire, or are in use: it need not be told with every
 * batch. Bounded; what is forgotten is said once more than needed.
 */
export class RecentlySaid {
  readonly #everyMs: number;
  readonly #times = new Map<string, number>();

  constructor(ttlSeconds: number) {
    this.#everyMs = Math.min(LONGEST_MS, ttlSeconds * 100);
  }

  isDue(key: string): boolean {
    const time = this.#times.get(key);
    return time === undefined || performance.now() - time >= this.#everyMs;
  }

  /** To be called once Redis has confirmed it. */
  note(keys: readonly string[]): void {
    if (this.#times.size + keys.length > MAX_KEPT) this.#times.clear();
    const now = performance.now();
    for (const key of keys) this.#times.set(key, now);
  }
}
