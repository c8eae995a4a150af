import type { SpanRecord } from '../../record.ts';

/**
 * Spans as the payload of a spool's record and back. The set-up passes it in: the core knows no format.
 * `type` stands in each record, so that a later version reads what an earlier one wrote.
 */
export interface SpoolCodec {
  readonly type: number;
  /** Called in the app's own turn and while the process ends: at once, and it should not throw. */
  encode(batch: readonly SpanRecord[]): Uint8Array;
  /** The spans of a payload, those that can be read. Rejects for a type that it does not know. */
  decode(type: number, payload: Uint8Array): Promise<readonly SpanRecord[]>;
  /** One line of text without its end, for the people who look into the dead letters. */
  toLine(batch: readonly SpanRecord[]): Promise<string>;
}
