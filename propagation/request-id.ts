import type { Getter, OutboundContext, Propagator, RemoteContext, Setter, TraceId } from './context.ts';
import { format } from './format.ts';
import { namesTrace, readTraceId } from './id-text.ts';

const HEADER = 'x-request-id';
/** The request id that came, in the vendor fields of a context. */
const VENDOR_ID = 'requestid.id';
const MAX_ID_LENGTH = 255;
const COMMA = 0x2c;

// RFC 9562 4: UUID = 4hexOctet "-" 2hexOctet "-" 2hexOctet "-" 2hexOctet "-" 6hexOctet
// f81d4fae - 7dec - 11d0 - a765 - 00a0c91e6bf6
// 0          9      14     19     24           36
const LENGTH = 36;
const DASHES: readonly number[] = [8, 13, 18, 23];
const DASH = 0x2d;

/**
 * `X-Request-Id`, where it is a UUID of any version: its 128 bits are the trace id. Only a fallback,
 * wherever it stands in the list: any other format that finds a context comes first. It has no span id and
 * no decision, so the trace is continued without a parent, and the decision is ours.
 *
 * A request id of any form, up to 255 visible characters, is sent on as it came, whichever format named the trace:
 * logs of gateways and services are joined by it. Where none came, the trace id as a UUID is sent. An id that
 * the app has put into a request itself stays.
 */
export const requestid: Propagator = format({
  name: 'requestid',
  fields: [HEADER],
  extract: extractRequestId,
  inject: injectRequestId,
});

function extractRequestId<Carrier>(carrier: Carrier, getter: Getter<Carrier>): RemoteContext | undefined {
  const header: unknown = getter.get(carrier, HEADER);
  if (typeof header !== 'string' || !isRequestId(header)) return undefined;
  const traceId = parseUuid(header);
  return {
    traceId,
    spanId: undefined,
    sampled: undefined,
    random: false, // the bits of some versions are a time and an address
    debug: false,
    traceState: undefined,
    baggage: undefined,
    vendor: { [VENDOR_ID]: traceId === undefined ? header : formatUuid(traceId) },
  };
}

/** Visible ASCII: two ids that were joined to one field are none. */
function isRequestId(text: string): boolean {
  if (text.length === 0 || text.length > MAX_ID_LENGTH) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x21 || code > 0x7e || code === COMMA) return false;
  }
  return true;
}

/** RFC 9562 4: either case on input. The version is not looked at: a trace id of ours that came back has none. */
function parseUuid(text: string): TraceId | undefined {
  if (text.length !== LENGTH) return undefined;
  for (const at of DASHES) if (text.charCodeAt(at) !== DASH) return undefined;
  return readTraceId(text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23) + text.slice(24));
}

function injectRequestId<Carrier>(context: OutboundContext, carrier: Carrier, setter: Setter<Carrier>): void {
  const { span } = context;
  if (!namesTrace(span) || setter.get?.(carrier, HEADER) !== undefined) return;
  const came: unknown = span.vendor?.[VENDOR_ID];
  setter.set(carrier, HEADER, typeof came === 'string' && isRequestId(came) ? came : formatUuid(span.traceId));
}

/** RFC 9562 4: output in lower case. */
function formatUuid(id: TraceId): string {
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`;
}
