import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { Received } from './peer.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const DATE = '20260801T120000Z';
const SCOPE = '20260801/eu-central-1/execute-api/aws4_request';
const ALGORITHM = 'AWS4-HMAC-SHA256';
const EMPTY_HASH = createHash('sha256').update('').digest('hex');

/** Signs a bodyless request as AWS Signature Version 4 has it: all of `headers` are covered. They must have a `host`. */
export function authorization(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .sort();
  const signature = sign(method, path, '', headers, names);
  return `${ALGORITHM} Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

/** The query of a presigned URL that covers these headers. */
export function presignedQuery(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const names = Object.keys(headers).sort();
  const query = [
    `X-Amz-Algorithm=${ALGORITHM}`,
    `X-Amz-Credential=${encodeURIComponent(`AKIDEXAMPLE/${SCOPE}`)}`,
    `X-Amz-Date=${DATE}`,
    'X-Amz-Expires=300',
    `X-Amz-SignedHeaders=${encodeURIComponent(names.join(';'))}`,
  ].join('&');
  return `${query}&X-Amz-Signature=${sign(method, path, query, headers, names)}`;
}

/** The other side's part: it takes the headers that the signature covers as they arrived, and signs them again. */
export function assertSignatureHolds(received: Received | undefined): void {
  assert.ok(received !== undefined, 'the request arrived');
  const { method, headers } = received;
  const [path = '', query = ''] = received.path.split('?');
  const text = headers.authorization ?? decodeURIComponent(query).replaceAll('&', ', ');
  const covered = /SignedHeaders=([^,]*)/.exec(text)?.[1]?.split(';') ?? [];
  const values = Object.fromEntries(covered.map((name) => [name, String(headers[name])]));
  const unsigned = query.replace(/&?X-Amz-Signature=.*/, '');
  assert.equal(/Signature=([0-9a-f]+)$/.exec(text)?.[1], sign(method, path, unsigned, values, covered));
}

function sign(
  method: string,
  path: string,
  query: string,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): string {
  const signedValue = (name: string): string =>
    String(Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]).trim();
  const canonicalHeaders = names.map((name) => `${name}:${signedValue(name)}\n`).join('');
  const canonical = [method, path, query, canonicalHeaders, names.join(';'), EMPTY_HASH].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const key = SCOPE.split('/').reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${SECRET}`,
  );
  return createHmac('sha256', key).update([ALGORITHM, DATE, SCOPE, hash].join('\n')).digest('hex');
}
