import { noteFault } from '../../../src/core/diagnostics.ts';
import type { InstrumentationScope } from '../../../src/core/record.ts';
import { runInScope, type Scope } from '../../../src/core/scope/scope.ts';
import type { ClientCall, ClientOutcome } from '../client-call.ts';
import { failureOf } from '../client-failure.ts';
import { beginCall, type ClientSettings } from '../client-handler.ts';
import { RememberedTarget } from '../header-target.ts';
import { observeAnswer, statusOf } from '../observe-answer.ts';
import { isSamePlace, type OuterAttempt, scopeOfAttempt } from '../outer-attempt.ts';
import { describeFetch, type FetchRequest, withHeaders } from './fetch-request.ts';
import { type HopOwner, UndiciHop } from './undici-hop.ts';
import { signatureHeaders, UndiciHeaders, type UndiciRequest } from './undici-request.ts';

/** A function that sends as `fetch` does. */
export type FetchFunction = (...args: never[]) => unknown;

/** The parts of one traced function that all its calls share. */
export interface TracedFetch {
  readonly fetch: FetchFunction;
  /** Node's own: it always goes through undici, whose channels show each hop. */
  readonly isNodes: boolean;
  readonly settings: ClientSettings;
}

export const FETCH_INSTRUMENTATION: InstrumentationScope = Object.freeze({ name: 'throughline/fetch' });

/**
 * One call of a traced fetch. Its span starts with it. As soon as undici shows a request of the same
 * URL, that is its first hop, and the channels tell the rest; what undici never shows (a function of the app's
 * own, a mock) is one span from the call to the answer's head.
 */
export class FetchCall implements OuterAttempt, HopOwner {
  readonly #client: TracedFetch;
  readonly #around: Scope;
  readonly #request: FetchRequest;
  /** Of the attempt under way. */
  #call: ClientCall | undefined;
  #url: URL | undefined;
  #hop: UndiciHop | undefined;
  /** Answered by a redirect, and not ended: what comes of following it is its outcome. */
  #held: UndiciHop | undefined;
  #next: URL | undefined;
  #sends: number;
  /** Fields that were written into what the function was called with. */
  #written: ReadonlySet<string>;

  constructor(client: TracedFetch, around: Scope, args: readonly unknown[]) {
    this.#client = client;
    this.#around = around;
    this.#request = describeFetch(args);
    this.#url = this.#request.url;
    this.#call = undefined;
    this.#hop = undefined;
    this.#held = undefined;
    this.#next = undefined;
    this.#sends = 0;
    this.#written = NO_FIELDS;
  }

  get url(): URL | undefined {
    return this.#url;
  }

  sendsTo(url: URL): boolean {
    return isSamePlace(this.#url, url);
  }

  /** Calls the function with `args`; what it returns is handed back, a promise as one derived from it. */
  run(self: unknown, args: readonly unknown[]): unknown {
    const sent = this.#begin(args);
    const send = (): unknown => Reflect.apply(this.#client.fetch, self, sent);
    if (this.#call === undefined) return send();
    let result: unknown;
    try {
      result = runInScope(scopeOfAttempt(this.#around, this), send);
    } catch (error) {
      this.#settle(() => ({ failure: failureOf(error, this.#request.signal) }));
      throw error;
    }
    return observeAnswer(
      result,
      (response) => this.#settle(() => ({ status: statusOf(response) })),
      (reason) => this.#settle(() => ({ failure: failureOf(reason, this.#request.signal) })),
    );
  }

  #begin(args: readonly unknown[]): readonly unknown[] {
    try {
      const { headers, method, follows } = this.#request;
      const call = this.#beginAttempt(method, this.#url, headers, follows && !this.#client.isNodes);
      this.#call = call;
      if (call === undefined || this.#client.isNodes) return args;
      const { args: sent, target } = withHeaders(args);
      if (target === undefined) return args;
      const remembered = new RememberedTarget(target);
      call.writeTo(remembered);
      this.#written = remembered.written;
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
      headers,
      isLocalSocket: false,
      resendCount: this.#sends,
      followsUnseen,
    };
    this.#sends++;
    this.#url = url;
    return beginCall(view, this.#client.settings, this.#around);
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

  redirected(hop: UndiciHop, target: URL): void {
    this.#held = hop;
    this.#next = target;
  }

  /** undici is about to send `request`. Returns the hop that it is of this call, undefined when it is something else. */
  adopt(request: UndiciRequest, url: URL | undefined): UndiciHop | undefined {
    if (url === undefined || !this.#expects(url)) return undefined;
    if (this.#hop !== undefined) {
      this.#held?.end();
      this.#held = undefined;
      this.#next = undefined;
      this.#call = this.#beginAttempt(String(request.method), url, signatureHeaders(request), false);
    }
    if (this.#call === undefined) return undefined;
    const headers = new UndiciHeaders(request);
    for (const field of this.#written) headers.remove(field);
    this.#call.writeTo(headers);
    this.#hop = new UndiciHop(this.#call, url, this, this.#request.signal);
    return this.#hop;
  }

  /** The request itself, where its answer points to, or the same once more by a function that tries again. */
  #expects(url: URL): boolean {
    return this.#url === undefined || isSameRequest(this.#next ?? this.#url, url);
  }
}

const NO_FIELDS: ReadonlySet<string> = new Set();

/** A fragment is not sent. */
function isSameRequest(one: URL, other: URL): boolean {
  return one.origin === other.origin && one.pathname === other.pathname && one.search === other.search;
}

/** Recognises a call of ours, of whatever copy of the package: nothing else adopts hops. */
export function isFetchCall(attempt: OuterAttempt | undefined): attempt is FetchCall {
  return attempt !== undefined && 'adopt' in attempt;
}
