import { carrierGetter } from '../../propagation/carriers.ts';

// AWS Signature Version 4: a request names the headers that its signature covers, in its Authorization
// header or, when presigned, in its URL. `;` between names, all in lower case:
//
//     Authorization: AWS4-HMAC-SHA256 Credential=AKID/…, SignedHeaders=host;x-amz-date, Signature=…
//     https://bucket.s3.amazonaws.com/key?X-Amz-SignedHeaders=host&X-Amz-Signature=…
//
// A header that it does not cover may be added without harm; one that it covers must arrive as it was
// signed. `AWS4-ECDSA-P256-SHA256`, the variant for several regions, is written alike.

const SCHEME = 'AWS4-';
const SIGNED_HEADERS = /SignedHeaders=([^,\s]*)/;
/** Headers under this name must all be covered: a service refuses one that is not. `x-amzn-trace-id` is none of them. */
const ALWAYS_SIGNED = 'x-amz-';

/**
 * True for a request that is signed in a way that writing `fields` would break: the signature covers one of
 * them, or does not say what it covers. Then none of them is to be touched: half a context (a tracestate
 * beside the traceparent of another span) would be wrong. Never throws.
 */
export function isSignedOver(fields: readonly string[], headers: object | undefined, url: URL | undefined): boolean {
  const covered = coveredByHeader(headers) ?? coveredByUrl(url);
  if (covered === undefined) return false;
  if (covered === '') return true;
  const names = covered.toLowerCase().split(';');
  return fields.some((field) => isCovered(field, names));
}

/** `field` may come from a propagator of the app's own: any case, or no text at all. */
function isCovered(field: unknown, names: readonly string[]): boolean {
  if (typeof field !== 'string') return false;
  const name = field.toLowerCase();
  return names.includes(name) || name.startsWith(ALWAYS_SIGNED);
}

/** The names that the signature covers, `''` when it does not say; undefined for a request that is not signed. */
function coveredByHeader(headers: object | undefined): string | undefined {
  const authorization = carrierGetter(headers).get(headers, 'authorization');
  if (authorization?.startsWith(SCHEME) !== true) return undefined;
  return SIGNED_HEADERS.exec(authorization)?.[1] ?? '';
}

function coveredByUrl(url: URL | undefined): string | undefined {
  // Looked for as text first: nearly all requests are done with that.
  if (url?.search.includes('X-Amz-Signature=') !== true) return undefined;
  return url.searchParams.get('X-Amz-SignedHeaders') ?? '';
}
