import type { ExportProbe } from '../core/pipeline/exporter.ts';
import { epochMs } from '../core/timers.ts';
import { gzipped } from './compress.ts';
import type { HttpPost } from './http-post.ts';
import { dateOf, resultOfAnswer } from './otlp-answer.ts';
import type { Transport } from './transport.ts';

/** OTLP/HTTP: one POST a request. */
export class OtlpHttp implements Transport {
  readonly #post: HttpPost;
  readonly #contentType: string;
  readonly #isPacked: boolean;

  constructor(post: HttpPost, contentType: string, isPacked: boolean) {
    this.#post = post;
    this.#contentType = contentType;
    this.#isPacked = isPacked;
  }

  async send(body: Uint8Array, spans: number, signal: AbortSignal): Promise<ExportProbe> {
    const packed = this.#isPacked ? await gzipped(body) : { body, headers: {} };
    const headers = { ...packed.headers, 'content-type': this.#contentType };
    const answer = await this.#post.send(packed.body, signal, headers);
    return { result: resultOfAnswer(answer, spans, this.#contentType, epochMs()), serverTimeMs: dateOf(answer) };
  }

  close(): void {
    this.#post.close();
  }
}
