import { noteFault } from '../../../src/core/diagnostics.ts';
import type { InstrumentationScope } from '../../../src/core/record.ts';
import { activeScope, runInScope, type Scope } from '../../../src/core/scope/scope.ts';
import type { ClientCall, ClientFailure, ClientOutcome } from '../client-call.ts';
import { cancelled } from '../client-failure.ts';
import { beginCall, type ClientRequestView, type ClientSettings } from '../client-handler.ts';
import { HeaderEdit } from '../header-edit.ts';
import { observeAnswer, statusOf } from '../observe-answer.ts';
import { isSamePlace, type OuterAttempt, scopeOfAttempt } from '../outer-attempt.ts';
import { WrittenHeaders } from '../written-headers.ts';
import { type AxiosConfig, type AxiosLibrary, replaceProperty } from './axios-library.ts';

/** The parts of one traced instance that all its requests share. */
export interface TracedClient {
  readonly library: AxiosLibrary;
  readonly settings: ClientSettings;
  readonly instrumentation: InstrumentationScope;
}

/** The number of times one request has been sent, retries and redirects together. */
export interface SendCount {
  sends: number;
}

/**
 * One run of an adapter: a span, or several where it follows redirects. Each hop is a span of its own,
 * a sibling of the first, with its own context in its own headers.
 */
export class AxiosAttempt implements OuterAttempt {
  readonly #client: TracedClient;
  readonly #config: AxiosConfig;
  readonly #count: SendCount;
  /** The scope in which the app made the request: the parent of every hop. */
  readonly #around: Scope;
  #call: ClientCall | undefined;
  /** The place the hop under way goes to; undefined when only the adapter knows. */
  #url: URL | undefined;
  #headers: HeaderEdit | undefined;
  #restoreRedirects: (() => void) | undefined;
  readonly #leave: (hasFailed: boolean) => void;

  constructor(client: TracedClient, config: AxiosConfig, count: SendCount, leave: (hasFailed: boolean) => void) {
    this.#client = client;
    this.#config = config;
    this.#count = count;
    this.#around = activeScope();
    this.#call = undefined;
    this.#url = undefined;
    this.#headers = undefined;
    this.#restoreRedirects = undefined;
    this.#leave = leave;
  }

  /** Runs `send` as this attempt; what it returns is handed back, a promise as one derived from it. */
  run(send: () => unknown): unknown {
    this.#begin();
    const call = this.#call;
    if (call === undefined) {
      this.#leave(false);
      return send();
    }
    let result: unknown;
    try {
      result = runInScope(scopeOfAttempt(call.scope, this), send);
    } catch (error) {
      this.#settle(() => outcomeOf(error, this.#config));
      throw error;
    }
    return observeAnswer(
      result,
      (response) => this.#settle(() => ({ status: statusOf(response), isCached: isCached(response) })),
      (reason) => this.#settle(() => outcomeOf(reason, this.#config)),
    );
  }

  /** A request that the adapter sends below us is this attempt: whoever watches node:http or undici leaves it alone. */
  sendsTo(url: URL): boolean {
    return isSamePlace(this.#url, url);
  }

  #begin(): void {
    try {
      const { method, headers: given } = this.#config;
      const headers = typeof given === 'object' && given !== null ? given : undefined;
      this.#call = this.#nextCall(String(method ?? 'get'), this.#client.library.urlOf(this.#config), headers);
      if (this.#call === undefined) return;
      if (headers !== undefined) this.#headers = new HeaderEdit(headers);
      if (this.#headers !== undefined) this.#call.writeTo(this.#headers);
      if (this.#config.maxRedirects !== 0) this.#watchRedirects();
    } catch (error) {
      noteFault('axios attempt start', error);
    }
  }

  #nextCall(method: string, url: URL | undefined, headers: object | undefined): ClientCall | undefined {
    const view: ClientRequestView = {
      instrumentation: this.#client.instrumentation,
      method: method.toUpperCase(),
      url,
      writtenUrl: this.#client.library.uriOf(this.#config),
      headers,
      isLocalSocket: Boolean(this.#config.socketPath),
      resendCount: this.#count.sends,
      followsUnseen: this.#followsUnseen(),
    };
    this.#count.sends++;
    this.#url = url;
    return beginCall(view, this.#client.settings, this.#around);
  }

  /** The fetch adapter keeps redirects to itself. Of a list the first that there is counts: `xhr` is for browsers. */
  #followsUnseen(): boolean {
    const { adapter, maxRedirects } = this.#config;
    const chosen: unknown = Array.isArray(adapter) ? adapter.find((name) => name !== 'xhr') : adapter;
    return maxRedirects !== 0 && chosen === 'fetch';
  }

  /** The http adapter asks `beforeRedirect` between two hops: the app's own is still asked. */
  #watchRedirects(): void {
    const own = this.#config.beforeRedirect as ((...args: unknown[]) => unknown) | undefined;
    const restore = (options: unknown): void => this.#takeBackFrom(options);
    const hopEnded = (response: unknown, refusal?: ClientFailure): void => this.#hopEnded(response, refusal);
    const nextHop = (options: unknown): void => this.#nextHop(options);
    this.#restoreRedirects = replaceProperty(
      this.#config,
      'beforeRedirect',
      function beforeRedirect(this: unknown, ...args: unknown[]) {
        restore(args[0]);
        try {
          if (own) Reflect.apply(own, this, args);
        } catch (error) {
          hopEnded(args[1], { kind: 'error', error }); // it ends the attempt
          throw error;
        }
        hopEnded(args[1]);
        nextHop(args[0]);
      },
    );
  }

  /** The app's hook sees its own headers. */
  #takeBackFrom(options: unknown): void {
    try {
      this.#headers?.takeBackFrom((options as { headers: Record<string, unknown> }).headers);
    } catch (error) {
      noteFault('axios redirect', error);
    }
  }

  #hopEnded(response: unknown, failure?: ClientFailure): void {
    this.#call?.end({ status: (response as { statusCode?: number } | undefined)?.statusCode, failure });
    this.#call = undefined;
  }

  /** `options` are the client's own for the next hop: what we write there is seen by nobody else. */
  #nextHop(options: unknown): void {
    try {
      const { href, method, headers } = options as { href: string; method: string; headers: object };
      const edit = new WrittenHeaders(new HeaderEdit(headers));
      this.#call = this.#nextCall(method, new URL(href), headers);
      this.#call?.writeTo(edit);
      // What was ours on the hop before does not go on by itself.
      for (const field of this.#headers?.fields ?? []) if (!edit.wrote(field)) edit.remove(field);
    } catch (error) {
      noteFault('axios redirect', error);
    }
  }

  #settle(observe: () => ClientOutcome): void {
    try {
      this.#headers?.undo();
      this.#restoreRedirects?.();
      const outcome = observe();
      this.#leave(outcome.failure !== undefined || (outcome.status ?? 0) >= 400);
      this.#call?.end(outcome);
    } catch (error) {
      noteFault('axios attempt end', error);
      this.#call?.end({});
    }
  }
}

/** A mark of axios-cache-interceptor. */
function isCached(response: unknown): boolean {
  return (response as { cached?: unknown } | null | undefined)?.cached === true;
}

/** An error of axios, as far as we look at it. */
interface AxiosErrorLike {
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly response?: { readonly status?: number; readonly data?: unknown };
  readonly __CANCEL__?: unknown;
}

/** The outcome of an attempt that axios rejected with `reason`. */
function outcomeOf(reason: unknown, config: AxiosConfig): ClientOutcome {
  const { code, cause, response, __CANCEL__ } = (reason ?? {}) as AxiosErrorLike;
  if (__CANCEL__ === true) return { failure: cancelled(reason, config.signal) };
  const status = response?.status;
  // A whole answer that `validateStatus` refused; the body of one that was cut off never came.
  if (response?.data !== undefined) return { status };
  // The fetch adapter calls all that goes wrong on the network ERR_NETWORK: what it was, its cause knows.
  const hidden = code === 'ERR_NETWORK' ? cause : undefined;
  return { status, failure: { kind: isTimeout(code, cause) ? 'timeout' : 'error', error: reason, cause: hidden } };
}

/** axios's own `timeout`. The same codes from the system come with the system's error as their cause. */
function isTimeout(code: unknown, cause: unknown): boolean {
  if (code !== 'ECONNABORTED' && code !== 'ETIMEDOUT') return false;
  return (cause as { code?: unknown } | null | undefined)?.code !== code;
}
