/** One local trace, as far as it is known when it is asked about. */
export interface OutcomeFacts {
  /** A span that has ended failed. */
  readonly failed: boolean;
  /** Of the local root, up to now while it is open. */
  readonly durationMs: number;
  /** Of the answer to it, when one was given. */
  readonly status: number | undefined;
}

/** True for what is to be kept. */
export type KeepRule = (facts: OutcomeFacts) => boolean;
