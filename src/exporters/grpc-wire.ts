import { gunzipped, gzipped } from './compress.ts';

/** gRPC over HTTP2, Length-Prefixed-Message: one byte says whether it is packed, four how long it is. */
const PREFIX_BYTES = 5;

/** The longest that `grpc-timeout` can say in milliseconds: at most eight digits. */
const MAX_TIMEOUT_MS = 99_999_999;

/** A message with its prefix, packed if it shall be. */
export async function frameMessage(message: Uint8Array, isPacked: boolean): Promise<Uint8Array> {
  const { body, headers } = isPacked ? await gzipped(message) : { body: message, headers: {} };
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + body.length);
  frame.writeUInt8('content-encoding' in headers ? 1 : 0, 0);
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, PREFIX_BYTES);
  return frame;
}

/** The one message of a unary answer; `undefined` when the bytes are none. */
export async function readMessage(bytes: Buffer): Promise<Uint8Array | undefined> {
  if (bytes.length < PREFIX_BYTES) return undefined;
  const end = PREFIX_BYTES + bytes.readUInt32BE(1);
  if (end > bytes.length) return undefined;
  const message: Buffer = bytes.subarray(PREFIX_BYTES, end);
  if (bytes.readUInt8(0) === 0) return message;
  return gunzipped(message);
}

/** `10000m`. */
export function timeoutText(timeoutMs: number): string {
  return `${Math.min(Math.max(1, Math.ceil(timeoutMs)), MAX_TIMEOUT_MS)}m`;
}
