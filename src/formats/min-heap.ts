/** Numbers by rank: the lowest first. A binary heap in two arrays. */
export class MinHeap {
  readonly #ranks: number[];
  readonly #values: number[];

  constructor() {
    this.#ranks = [];
    this.#values = [];
  }

  /** The lowest rank; `Infinity` when there is none. */
  get lowest(): number {
    return this.#ranks[0] ?? Number.POSITIVE_INFINITY;
  }

  push(rank: number, value: number): void {
    let at = this.#ranks.length;
    for (; at > 0; ) {
      const above = (at - 1) >>> 1;
      if ((this.#ranks[above] ?? 0) <= rank) break;
      this.#move(above, at);
      at = above;
    }
    this.#set(at, rank, value);
  }

  /** Takes the value of the lowest rank out. */
  pop(): number | undefined {
    const value = this.#values[0];
    const rank = this.#ranks.pop();
    const last = this.#values.pop();
    if (rank === undefined || last === undefined || this.#ranks.length === 0) return value;
    let at = 0;
    for (let below = 1; below < this.#ranks.length; below = 2 * at + 1) {
      const right = this.#ranks[below + 1] ?? Number.POSITIVE_INFINITY;
      const lower = right < (this.#ranks[below] ?? 0) ? below + 1 : below;
      if ((this.#ranks[lower] ?? 0) >= rank) break;
      this.#move(lower, at);
      at = lower;
    }
    this.#set(at, rank, last);
    return value;
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#ranks[from] ?? 0, this.#values[from] ?? 0);
  }

  #set(at: number, rank: number, value: number): void {
    this.#ranks[at] = rank;
    this.#values[at] = value;
  }
}
