/** The request that a client of the list is asked to send. */
export interface ContractRequest {
  readonly url: string;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** A traced client. Resolves with any status; rejects where no answer comes. */
export type Send = (request: ContractRequest) => Promise<{ readonly status: number; readonly body: string }>;

/** The options that the client is set up with. */
export interface ContractOptions {
  readonly peer?: string;
  readonly propagateTo?: readonly string[] | 'none';
}

/** The traits that clients differ in. */
export interface ContractTraits {
  /** `seen`: followed, each hop in sight; `unseen`: followed out of sight; `none`: not followed. */
  readonly redirects: 'seen' | 'unseen' | 'none';
  /** The body kinds that the client can send. */
  readonly bodies: readonly BodyKind[];
  /** Of the other end. Default: http. */
  readonly scheme?: 'http' | 'https';
  /** Credentials in a URL: taken out of `url.full`, moved to a header by the client before, or refused by it. Default: `redacted`. */
  readonly credentials?: 'redacted' | 'moved' | 'refused';
  /** `error.type` after too many redirects; null where no span can know. Default: follow-redirects' own. */
  readonly tooManyRedirects?: string | null;
  /** True where the span knows of its connection: protocol version, peer, stages. Default: false. */
  readonly seesConnection?: boolean;
  /** True where the span lasts until the body has come, so that it knows when that breaks off. Default: true. */
  readonly seesBody?: boolean;
  /** True where each client has options of its own. Default: true. */
  readonly hasOptions?: boolean;
}

export type BodyKind = 'text' | 'json' | 'parameters' | 'bytes' | 'stream' | 'form';
