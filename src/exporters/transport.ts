import type { ExportProbe } from '../core/pipeline/exporter.ts';

/** The way to one receiver: a request goes out, and its answer is understood. */
export interface Transport {
  /**
   * Sends an encoded request of `spans` spans. Rejects with the connection's error, with that of the headers, or with
   * the signal's reason as soon as it fires.
   */
  send(body: Uint8Array, spans: number, signal: AbortSignal): Promise<ExportProbe>;
  /** Closes all connections; requests under way fail. */
  close(): void;
}
