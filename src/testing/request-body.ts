import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';

const UNPACK = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

/** OTLP/HTTP: a request is at most 64 MiB, as it is sent and as it unfolds. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A body, or the status and message to answer with. */
export type Body = { readonly bytes: Buffer } | { readonly status: number; readonly message: string };

const TOO_LARGE: Body = { status: 413, message: 'the request is larger than 64 MiB' };

/** Reads and unpacks a request body. Rejects only when the connection breaks. */
export async function readBody(req: IncomingMessage): Promise<Body> {
  const encoding = (req.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    return { status: 415, message: 'content-encoding must be gzip, deflate or none' };
  }
  const bytes = await readBytes(req);
  if (bytes === undefined) return TOO_LARGE;
  return encoding === 'identity' ? { bytes } : unpack(bytes, encoding);
}

async function readBytes(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The cap is on what comes out: a few kilobytes can unfold to gigabytes. */
async function unpack(bytes: Buffer, encoding: 'gzip' | 'deflate'): Promise<Body> {
  try {
    return { bytes: await UNPACK[encoding](bytes, { maxOutputLength: MAX_BYTES }) };
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge ? TOO_LARGE : { status: 400, message: `the body is not valid ${encoding}` };
  }
}
