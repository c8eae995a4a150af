/** Buckets between a duration and its double: each is 2^(1/16), 4.4 %, wider than the one before. */
const PER_DOUBLING = 16;

/** 2^-20 ms is a nanosecond. All below, zero included, shares this bucket. */
const LOWEST = -20 * PER_DOUBLING;

/** 2^40 ms are 34 years. All above shares this bucket. */
const HIGHEST = 40 * PER_DOUBLING;

/** The bounds of a bucket, the lower one included, the upper one not, in milliseconds. */
export interface BucketBounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The bucket of a duration: an integer from -320 (a nanosecond and less; also what is negative or no
 * number) to 640 (34 years and more). The same in every process and version: histograms are stored by it.
 *
 *     bucketOf(1)     // 0
 *     bucketOf(100)   // 106: 98.7 to 103.1 ms
 */
export function bucketOf(ms: number): number {
  if (!(ms > 0)) return LOWEST;
  return clampIndex(Math.floor(Math.log2(ms) * PER_DOUBLING));
}

/**
 * The bounds of a bucket. The lowest begins at 0, the highest has no end.
 *
 *     boundsOf(106)   // { fromMs: 98.7, toMs: 103.1 }
 */
export function boundsOf(index: number): BucketBounds {
  const bucket = clampIndex(Math.floor(index));
  return {
    fromMs: bucket === LOWEST ? 0 : 2 ** (bucket / PER_DOUBLING),
    toMs: bucket === HIGHEST ? Number.POSITIVE_INFINITY : 2 ** ((bucket + 1) / PER_DOUBLING),
  };
}

function clampIndex(index: number): number {
  return Math.min(HIGHEST, Math.max(LOWEST, index));
}

/** The duration that stands for one of which only the bucket is known: at most 2.2 % off. */
function middleOf(index: number): number {
  if (index === LOWEST) return 0;
  return 2 ** ((index + 0.5) / PER_DOUBLING);
}

interface Bucket {
  count: number;
  sumMs: number;
  exemplar: string | undefined;
}

/**
 * Durations in logarithmic buckets: any number of them in at most 961 counters, and the histograms of two
 * processes, hours or stores add up to the histogram of both. A quantile is at most 4.5 % off; it is
 * exact when all durations of its bucket are equal and were added by `add`.
 *
 *     const durations = new Histogram();
 *     for (const span of spans) durations.add(span.durationMs, span.traceId);
 *     durations.quantile(0.95);      // ms
 *     durations.counts();            // { '106': 3, '109': 1 }: what a store keeps
 */
export class Histogram {
  readonly #buckets = new Map<number, Bucket>();
  #count = 0;

  /** The number of durations in it. */
  get count(): number {
    return this.#count;
  }

  /** Adds one duration, in milliseconds, and the trace it comes from. */
  add(ms: number, traceId?: string): void {
    this.#addTo(bucketOf(ms), 1, ms > 0 ? Math.min(ms, Number.MAX_VALUE) : 0, traceId);
  }

  /** Adds `count` durations of which only the bucket is known. What is no count from 1 on is left out. */
  addBucket(index: number, count: number, exemplar?: string): void {
    if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || count < 1) return;
    const bucket = clampIndex(index);
    this.#addTo(bucket, count, middleOf(bucket) * count, exemplar);
  }

  /** Adds all that is in another histogram, which stays as it is. */
  merge(other: Histogram): void {
    for (const [index, { count, sumMs, exemplar }] of [...other.#buckets]) this.#addTo(index, count, sumMs, exemplar);
  }

  /**
   * The duration that the share `q` (0 to 1) of all durations does not exceed, in milliseconds, by
   * nearest rank: `quantile(0.5)` of 10 and 20 is 10. `undefined` when the histogram is empty.
   */
  quantile(q: number): number | undefined {
    const bucket = this.#bucketAt(q);
    return bucket && bucket.sumMs / bucket.count;
  }

  /** A trace near the quantile `q`, as far as one was given for its bucket. */
  exemplar(q: number): string | undefined {
    return this.#bucketAt(q)?.exemplar;
  }

  /** The counts by bucket, as a store keeps them (fields of a Redis hash, JSON). `addBucket` takes them back. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#sorted().map(([index, { count }]) => [String(index), count]));
  }

  #addTo(index: number, count: number, sumMs: number, exemplar: string | undefined): void {
    this.#count += count;
    const bucket = this.#buckets.get(index);
    if (bucket === undefined) {
      this.#buckets.set(index, { count, sumMs, exemplar });
      return;
    }
    bucket.count += count;
    bucket.sumMs += sumMs;
    // The least of the ids, so that the order in which durations come makes no difference.
    if (exemplar !== undefined && !(bucket.exemplar !== undefined && bucket.exemplar <= exemplar)) {
      bucket.exemplar = exemplar;
    }
  }

  #sorted(): [index: number, bucket: Bucket][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }

  #bucketAt(q: number): Bucket | undefined {
    const rank = Math.max(1, Math.ceil(Math.min(1, Math.max(0, q)) * this.#count));
    let passed = 0;
    for (const [, bucket] of this.#sorted()) {
      passed += bucket.count;
      if (passed >= rank) return bucket;
    }
    return undefined;
  }
}
