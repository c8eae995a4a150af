import { MinHeap } from './min-heap.ts';

/** From `start` to `end`, in whole nanoseconds. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

interface Open extends Interval {
  readonly id: string;
}

/**
 * The tracks of one process. A track draws what lies inside another span below it, as if called by it, so
 * a span goes on its parent's track when it is the parent's innermost then and ends in time; else on the
 * first track where nothing runs; else on a new one:
 *
 *     1  ├─ handler ───────────┤
 *        │  ├ load ┤ ├ save ┤  │
 *     2     ├ audit ────────────────┤      (runs beside load, outlives the handler)
 */
export class Lanes {
  /** Spans that may still run on each track, outermost first. */
  readonly #stacks: Open[][];
  /** Tracks in use, by when their outermost span ends; and those that nothing runs on, by number. */
  readonly #busy: MinHeap;
  readonly #idle: MinHeap;
  readonly #laneOf: Map<string, number>;

  constructor() {
    this.#stacks = [];
    this.#busy = new MinHeap();
    this.#idle = new MinHeap();
    this.#laneOf = new Map();
  }

  /** The number of the track, from 1. To be called in the order of the starts, of equal ones the longest first. */
  place(id: string, parentId: string, interval: Interval): number {
    const lane = this.#besideParent(parentId, interval) ?? this.#idleLane(interval);
    this.#stacks[lane]?.push({ id, ...interval });
    this.#laneOf.set(id, lane);
    return lane + 1;
  }

  #besideParent(parentId: string, { start, end }: Interval): number | undefined {
    const lane = this.#laneOf.get(parentId);
    const stack = lane === undefined ? undefined : this.#stacks[lane];
    if (stack === undefined) return undefined;
    while ((stack.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= start) stack.pop();
    const innermost = stack.at(-1);
    return innermost?.id === parentId && end <= innermost.end ? lane : undefined;
  }

  #idleLane({ start, end }: Interval): number {
    while (this.#busy.lowest <= start) {
      const done = this.#busy.pop() ?? 0;
      this.#idle.push(done, done);
    }
    const lane = this.#idle.pop() ?? this.#stacks.length;
    this.#stacks[lane] = [];
    this.#busy.push(end, lane);
    return lane;
  }
}
