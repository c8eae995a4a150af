import { noteFault } from '../../../src/core/diagnostics.ts';
import type { InstrumentationScope } from '../../../src/core/record.ts';
import { runInScope, type Scope } from '../../../src/core/scope/scope.ts';
import type { ClientCall, ClientOutcome } from '../client-call.ts';
import { failureOf } from '../client-failure.ts';
import { beginCall, type ClientSettings } from '../client-handler.ts';
import { observeAnswer, statusOf } from '../observe-answer.ts';
import { isSamePlace, type OuterAttempt, scopeOfAttempt } from '../outer-attempt.ts';
import { WrittenHeaders } from '../written-headers.ts';
import { describeFetch, type FetchRequest, withHeaders } from './fetch-request.ts';
import { isNodesFetch } from './nodes-fetch.ts';
import { type HopOwner, UndiciHop } from './undici-hop.ts';
import { signatureHeaders, UndiciHeaders, type UndiciRequest } from './undici-request.ts';

/** A function that sends as `fetch` does. */
export type FetchFunction = (...args: never[]) => unknown;

export const FETCH_INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/fetch' });

/**
 * One call of a traced fetch. Its span starts with it, and its arguments get the headers. As soon as undici
 * shows a request of the same URL, or with these headers, that is its first hop, and the channels tell the rest;
 * what undici never shows (a function of the app's own, a mock) is one span from the call to the answer's head.
 */
export class FetchCall implements OuterAttempt, HopOwner {
  readonly #settings: ClientSettings;
  readonly #around: Scope;
  readonly #request: FetchRequest;
  /** Node's own fetch is called: whatever it sends goes through undici, each hop in sight. */
  readonly #isNodes: boolean;
  /** Of the attempt under way. */
  #call: ClientCall | undefined;
  #url: URL | undefined;
  #hop: UndiciHop | undefined;
  /** Answered by a redirect, and not ended: what comes of following it is its outcome. */
  #held: UndiciHop | undefined;
  #next: URL | undefined;
  #sends: number;
  /** The headers in what the function was called with. */
  #written: WrittenHeaders | undefined;

  constructor(settings: ClientSettings, around: Scope, fetch: FetchFunction, args: readonly unknown[]) {
    this.#settings = settings;
    this.#around = around;
    this.#request = describeFetch(args);
    this.#isNodes = isNodesFetch(fetch);
    this.#url = this.#request.url;
    this.#call = undefined;
    this.#hop = undefined;
    this.#held = undefined;
    this.#next = undefined;
    this.#sends = 0;
    this.#written = undefined;
  }

  get url(): URL | undefined {
    return this.#url;
  }

  sendsTo(url: URL): boolean {
    return isSamePlace(this.#url, url);
  }

  /** Calls `send` with `args`, context in their headers; what it returns is handed back, a promise as one derived from it. */
  run(send: (args: readonly unknown[]) => unknown, args: readonly unknown[]): unknown {
    const sent = this.#begin(args);
    let result: unknown;
    try {
      result = runInScope(scopeOfAttempt(this.#around, this), send, sent);
    } catch (error) {
      this.#settle(() => ({ failure: failureOf(error, this.#request.signal) }));
      throw error;
    }
    if (this.#call === undefined) return result;
    return observeAnswer(
      result,
      (response) => this.#settle(() => ({ status: statusOf(response), isCached: this.#isCached(response) })),
      (reason) => this.#settle(() => ({ failure: failureOf(reason, this.#request.signal) })),
    );
  }

  #begin(args: readonly unknown[]): readonly unknown[] {
    try {
      const { headers, method, follows } = this.#request;
      this.#call = this.#beginAttempt(method, this.#url, headers, follows && !this.#isNodes);
      if (this.#call === undefined) return args;
      const { args: sent, target } = withHeaders(args);
      if (target === undefined) return args;
      this.#written = new WrittenHeaders(target);
      this.#call.writeTo(this.#written);
      return sent;
    } catch (error) {
      noteFault('fetch start', error);
      return args;
    }
  }

  #beginAttempt(
    method: string,
    url: URL | undefined,
    headers: object | undefined,
    followsUnseen: boolean,
  ): ClientCall | undefined {
    const instrumentation = FETCH_INSTRUMENTATION;
    const view = {
      instrumentation,
      method,
      url,
      writtenUrl: this.#request.writtenUrl,
      headers,
      isLocalSocket: false,
      resendCount: this.#sends,
      followsUnseen,
    };
    this.#sends++;
    this.#url = url;
    return beginCall(view, this.#settings, this.#around);
  }

  #settle(observe: () => ClientOutcome): void {
    try {
      const outcome = observe();
      const { failure } = outcome;
      this.#held?.end(failure);
      this.#held = undefined;
      // A hop that was answered ends with its body, which undici tells of.
      if (this.#hop === undefined) this.#call?.end(outcome);
      else if (failure !== undefined) this.#hop.end(failure);
    } catch (error) {
      noteFault('fetch end', error);
      this.#call?.end({});
    }
  }

  /** RFC 9111 5.1: a cache MUST say the age of what it answers with; of such an answer undici never showed a request. */
  #isCached(response: unknown): boolean {
    if (!this.#isNodes || this.#hop !== undefined) return false;
    return (response as Response | undefined)?.headers.has('age') === true;
  }

  redirected(hop: UndiciHop, target: URL): void {
    this.#held = hop;
    this.#next = target;
  }

  /** undici is about to send `request`. Returns the hop that it is of this call, undefined when it is something else. */
  adopt(request: UndiciRequest, url: URL | undefined): UndiciHop | undefined {
    const headers = new UndiciHeaders(request);
    const isWritten = this.#written?.areIn(headers) === true;
    if (!isWritten && !this.#expects(request, url)) return undefined;
    const isFirst = this.#hop === undefined;
    if (!isFirst) this.#beginHop(request, url);
    if (this.#call === undefined) return undefined;
    if (!isFirst || !isWritten) {
      this.#written?.takeBackFrom(headers);
      this.#call.writeTo(headers);
    }
    this.#hop = new UndiciHop(this.#call, this.#url ?? url, this, this.#request.signal);
    return this.#hop;
  }

  /** The next attempt: where the last answer pointed to, or the same once more by who tries again. */
  #beginHop(request: UndiciRequest, url: URL | undefined): void {
    this.#held?.end();
    this.#held = undefined;
    // A dispatcher may send it to the address of a name: the name is what was asked for.
    const again = this.#isNodes || isSameTarget(this.#url, url) ? this.#url : url;
    const place = this.#next ?? again;
    this.#next = undefined;
    this.#call = this.#beginAttempt(String(request.method), place, signatureHeaders(request), false);
  }

  /** Told by its URL, where it has none of our headers; by what a dispatcher leaves of that, where it got none. */
  #expects(request: UndiciRequest, url: URL | undefined): boolean {
    const expected = this.#next ?? this.#url;
    if (url === undefined || expected === undefined) return url !== undefined;
    if (!isSameTarget(expected, url)) return false;
    return expected.origin === url.origin || (!this.#hasWritten && request.method === this.#request.method);
  }

  get #hasWritten(): boolean {
    return this.#written?.isEmpty === false;
  }
}

/** A fragment is not sent. */
function isSameTarget(one: URL | undefined, other: URL | undefined): boolean {
  return one?.pathname === other?.pathname && one?.search === other?.search;
}

/** Recognises a call of ours, of whatever copy of the package: nothing else adopts hops. */
export function isFetchCall(attempt: OuterAttempt | undefined): attempt is FetchCall {
  return attempt !== undefined && 'adopt' in attempt;
}
