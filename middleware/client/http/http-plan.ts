import type { Scope } from '../../../src/core/scope/scope.ts';
import type { ClientCall, ClientSettings } from '../client-handler.ts';
import { isCovered } from '../cover.ts';
import { HeaderEdit } from '../header-edit.ts';
import { FlatHeaders, type HeaderTarget, PairedHeaders, writeContext } from '../header-write.ts';
import { beginHttpCall, redirectOf } from './http-attempt.ts';
import { type HttpOptions, plannedUrl } from './http-target.ts';

/** A request whose context had to be written before it was made. */
export interface PlannedRequest {
  readonly args: readonly unknown[];
  readonly call: ClientCall;
  readonly url: URL | undefined;
  readonly resendCount: number;
}

/**
 * node writes a request's headers out while it makes it when they are a list, or hold `Expect`: then they
 * must be complete before. Returns the arguments with a copy of them; undefined for all other requests,
 * whose headers can be set when they are made.
 */
export function planRequest(
  http: object,
  args: readonly unknown[],
  settings: ClientSettings,
  scope: Scope,
): PlannedRequest | undefined {
  const at = typeof args[0] === 'string' || args[0] instanceof URL ? 1 : 0;
  const options = args[at];
  if (typeof options !== 'object' || options === null || !isWrittenAtOnce((options as HttpOptions).headers)) {
    return undefined;
  }
  const given = options as HttpOptions;
  const url = plannedUrl(at === 1 ? args[0] : undefined, given, schemeOf(http));
  if (isCovered(scope, url)) return undefined;
  const { headers, target } = copyOf(given.headers);
  const { sends: resendCount } = redirectOf(scope, url);
  const isLocalSocket = Boolean(given.socketPath);
  const method = String(given.method ?? 'GET').toUpperCase();
  const call = beginHttpCall(method, url, signatureHeaders(given.headers), {
    isLocalSocket,
    resendCount,
    settings,
    scope,
  });
  if (call === undefined) return undefined;
  writeContext(call, target);
  // A copy as node makes one: own properties, whatever object it is.
  const extended = { ...options, headers };
  return { args: args.map((arg, index) => (index === at ? extended : arg)), call, url, resendCount };
}

function isWrittenAtOnce(headers: unknown): boolean {
  if (Array.isArray(headers)) return true;
  if (typeof headers !== 'object' || headers === null) return false;
  return Object.keys(headers).some((name) => name.length === 6 && name.toLowerCase() === 'expect');
}

/** What says whether a request is signed: a list is read as node writes it, flat or in pairs. */
function signatureHeaders(headers: unknown): object {
  if (!Array.isArray(headers) || Array.isArray(headers[0])) return headers as object;
  return { authorization: new FlatHeaders(headers).get('authorization') };
}

function copyOf(headers: unknown): { readonly headers: unknown; readonly target: HeaderTarget } {
  if (!Array.isArray(headers)) {
    const copy = { ...(headers as object) };
    return { headers: copy, target: new HeaderEdit(copy) };
  }
  if (Array.isArray(headers[0])) {
    const pairs = [...(headers as [unknown, unknown][])];
    return { headers: pairs, target: new PairedHeaders(pairs) };
  }
  const list = [...(headers as unknown[])];
  return { headers: list, target: new FlatHeaders(list) };
}

/** Only https tells: its agent's protocol. */
function schemeOf(http: object): string {
  const { globalAgent } = http as { globalAgent?: { protocol?: unknown } };
  return globalAgent?.protocol === 'https:' ? 'https:' : 'http:';
}
