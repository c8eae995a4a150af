import type { StartOptions } from 'throughline';

/** The work that a service under fault is told to do, as JSON on its command line. */
export interface ServiceOrder {
  /** Names this process's spans. */
  readonly run: string;
  /** Spans a second. */
  readonly rate: number;
  /** Spans in all; default: until it is told to stop. */
  readonly total?: number;
  /** Attributes of each span beside its number. Default 8. */
  readonly attributes?: number;
  /** False: the same process without us, for comparison. */
  readonly traced?: boolean;
  readonly options?: StartOptions;
  /** Says after each span that it has ended, not only a few times a second. */
  readonly tellsEach?: boolean;
  /** Default: it runs out of work. */
  readonly ending?: 'exit' | 'throw' | 'reject' | 'shutdown' | 'stay' | 'natural';
  /** The app has signal handlers of its own, which exit with this status. */
  readonly signalHandler?: number;
  /** Spans that are never ended. */
  readonly leftOpen?: number;
}
