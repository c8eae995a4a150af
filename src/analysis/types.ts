import type { SpanRecord } from '../core/record.ts';

/**
 * Time on the way between two processes, in milliseconds, as far as their clocks agree. It includes
 * connecting and queueing on both sides. Negative values are kept as measured.
 */
export interface Transit {
  /** Client start to server start. */
  readonly requestMs: number;
  /** Server end to client end. */
  readonly responseMs: number;
  /**
   * The clocks disagree by more than a millisecond: the child starts before its parent, or ends after
   * a client that would have had room for it. The two times then mean nothing; their sum still does.
   */
  readonly clockSkewed: boolean;
}

/** A span in its place. */
export interface TreeNode {
  readonly span: SpanRecord;
  /** `undefined` on a root and on an orphan. */
  readonly parent: TreeNode | undefined;
  /** 0 on a root and on an orphan. */
  readonly depth: number;
  /** By start, then end, then span id, whatever order the spans came in. */
  readonly children: readonly TreeNode[];
  /** Only on a remote edge: the parent is in another process. */
  readonly transit: Transit | undefined;
  /** The span named itself or one of its descendants as parent; it stands as a root instead. */
  readonly cycle: boolean;
}

/**
 * The reason why a parent is not there. `remote-parent-missing`: it lives in another process, which is not
 * reporting (yet). `local-parent-missing`: it was dropped where it was made, or has not ended.
 */
export type OrphanReason = 'remote-parent-missing' | 'local-parent-missing';

/** Spans whose parent is not among the spans, by the parent they miss. */
export interface OrphanGroup {
  readonly missingParentId: string;
  readonly reason: OrphanReason;
  readonly nodes: readonly TreeNode[];
}

/** One trace, assembled. */
export interface TraceTree {
  readonly traceId: string;
  /** The first start, in milliseconds since the Unix epoch. */
  readonly startTimeMs: number;
  /** First start to last end, in milliseconds. */
  readonly durationMs: number;
  /** Spans in the tree, repeated ids not counted. */
  readonly spanCount: number;
  /** Service names in order of first start. */
  readonly services: readonly string[];
  /** Spans without a parent, and spans where a cycle was cut (marked `cycle`). */
  readonly roots: readonly TreeNode[];
  /** In order of first start. */
  readonly orphans: readonly OrphanGroup[];
  /** Spans whose status is an error. */
  readonly errors: number;
  /** Spans left out because their id was already there. */
  readonly duplicates: number;
}
