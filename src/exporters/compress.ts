/** Bytes to send, and what is to be said of them. */
export interface Packed {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** The fastest level: of OTLP it makes a tenth, the slower ones hardly less. */
const LEVEL = 1;

/**
 * gzip in libuv's thread pool, so that the event loop goes on meanwhile. `node:zlib` is loaded with the
 * first call. What zlib refuses goes as it is.
 */
export async function gzipped(body: Uint8Array): Promise<Packed> {
  const { gzip } = await import('node:zlib');
  return new Promise((resolve) => {
    gzip(body, { level: LEVEL }, (error, packed) => {
      resolve(error === null ? { body: packed, headers: { 'content-encoding': 'gzip' } } : { body, headers: {} });
    });
  });
}

/** An answer is not unpacked beyond this: "The client SHOULD limit the response to 4 MiB" (OTLP specification). */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }, done: (e: Error | null, b: Buffer) => void) => void;

/** The bytes that were packed so; as they are where they were not, or cannot be unpacked. */
export async function unpacked(bytes: Buffer, encoding: string): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return bytes;
  const { brotliDecompress, gunzip, inflate } = await import('node:zlib');
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return (await unpack(bytes, gunzip)) ?? bytes;
    case 'deflate':
      return (await unpack(bytes, inflate)) ?? bytes;
    case 'br':
      return (await unpack(bytes, brotliDecompress)) ?? bytes;
    default:
      return bytes;
  }
}

/** The bytes of a gzip stream; `undefined` where they are none, or too many. */
export async function gunzipped(bytes: Buffer): Promise<Buffer | undefined> {
  const { gunzip } = await import('node:zlib');
  return unpack(bytes, gunzip);
}

function unpack(bytes: Buffer, by: Unpack): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    by(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }, (error, plain) => resolve(error === null ? plain : undefined));
  });
}
