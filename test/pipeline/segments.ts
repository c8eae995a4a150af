import { readRecord } from '../../src/core/pipeline/spool/read-record.ts';
import {
  HEADER_BYTES,
  RECORD_HEADER_BYTES,
  segmentHeader,
  writeRecordHeader,
} from '../../src/core/pipeline/spool/segment-format.ts';

/** A segment in memory, as a spool writes one. */
export interface TestSegment {
  readonly bytes: Buffer;
  readonly salt: number;
  readonly payloads: readonly Buffer[];
  /** The places where each record begins, and the last one ends. */
  readonly bounds: readonly number[];
}

export function segmentOf(payloads: readonly Buffer[], salt = 0x1234_5678): TestSegment {
  const parts: Buffer[] = [segmentHeader()];
  const bounds = [HEADER_BYTES];
  for (const payload of payloads) {
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    writeRecordHeader(header, payload, 3, 1, salt, 1_700_000_000_000);
    parts.push(header, payload);
    bounds.push((bounds.at(-1) as number) + header.length + payload.length);
  }
  return { bytes: Buffer.concat(parts), salt, payloads, bounds };
}

/** Everything that can be read from `bytes`, and how many damaged stretches were skipped. */
export function readAll(
  bytes: Buffer,
  salt: number,
  offset: number = HEADER_BYTES,
): { payloads: Buffer[]; damaged: number } {
  const payloads: Buffer[] = [];
  let damaged = 0;
  for (let at = offset; ; ) {
    const next = readRecord(bytes, at, salt);
    damaged += next.damaged;
    if (next.record === undefined) return { payloads, damaged };
    payloads.push(next.record.payload);
    at = next.record.end;
  }
}
