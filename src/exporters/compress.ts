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
