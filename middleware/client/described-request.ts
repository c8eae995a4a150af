import { carrierGetter } from '../../propagation/carriers.ts';
import { noteFault } from '../../src/core/diagnostics.ts';
import type { Attributes } from '../../src/core/record.ts';
import type { RecordingSpan } from '../../src/core/spans/recording-span.ts';

/** An outbound request as the options `attributes` and `name` of a client see it, before it is sent. */
export interface DescribedRequest {
  /** As it goes out. */
  readonly method: string;
  /** A copy; undefined when only the client can tell. */
  readonly url: URL | undefined;
  /** The headers that the app has set, names in any case. */
  readonly headers: { get(name: string): string | undefined };
}

/** The app's own words for the spans of one client. */
export interface ClientDescription {
  readonly attributes: ((request: DescribedRequest) => Attributes | undefined) | undefined;
  readonly name: string | ((request: DescribedRequest) => string | undefined) | undefined;
}

interface Sent {
  readonly method: string;
  readonly url: URL | undefined;
  readonly headers: object | undefined;
}

/** Puts what the app says of a request on its span. Whatever it throws is kept from the app's request. */
export function describe(span: RecordingSpan, sent: Sent, { attributes, name }: ClientDescription): void {
  if (attributes === undefined && name === undefined) return;
  const request = describedRequest(sent);
  const named: unknown = typeof name === 'function' ? ask('name', name, request) : name;
  if (typeof named === 'string' && named !== '') span.updateName(named);
  const answer: unknown = attributes === undefined ? undefined : ask('attributes', attributes, request);
  if (answer instanceof Promise) answer.catch((error: unknown) => noteFault('client attributes', error));
  else if (typeof answer === 'object' && answer !== null) set(span, answer as Attributes);
}

function describedRequest({ method, url, headers }: Sent): DescribedRequest {
  const getter = carrierGetter(headers);
  const get = (field: string): string | undefined => getter.get(headers, String(field).toLowerCase());
  return { method, url: url && new URL(url), headers: { get } };
}

function ask(what: string, answer: (request: DescribedRequest) => unknown, request: DescribedRequest): unknown {
  try {
    return answer(request);
  } catch (error) {
    noteFault(`client ${what}`, error);
    return undefined;
  }
}

function set(span: RecordingSpan, attributes: Attributes): void {
  try {
    span.setAttributes(attributes);
  } catch (error) {
    noteFault('client attributes', error); // a getter of the app's
  }
}
