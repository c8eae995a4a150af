/**
 * A failed request in a few words, with what usually helps. `ECONNREFUSED`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`:
 * the code says it; messages may be empty (two addresses tried).
 */
export function describeFailure(error: unknown): string {
  const { code, message, name } = Object(error) as NodeJS.ErrnoException;
  if (name === 'AbortError') return 'gave up at the deadline'; // a signal that gave no reason of its own
  return typeof code === 'string' ? `connection failed: ${code}${hintFor(code)}` : String(message);
}

/** The most common first mistakes with a receiver's ports. */
function hintFor(code: string): string {
  if (code.startsWith('HPE_')) {
    return '; the answer is no HTTP/1.1: is it a gRPC port (4317)? OTLP over HTTP is usually at 4318';
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return '; the other side speaks no TLS: is it http://, not https://?';
  }
  if (code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_SESSION_ERROR') {
    return '; the other side speaks no gRPC: is it its HTTP port (4318)? gRPC is usually at 4317';
  }
  return '';
}
