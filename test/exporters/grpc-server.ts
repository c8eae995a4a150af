import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import type { SpanRecord } from 'throughline/exporters';
import { decodeTraceRequestProtobuf } from '../../src/formats/otlp-protobuf-decode.ts';

/** One call, as the server of another make has understood it. */
export interface GrpcCall {
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  /** Milliseconds since the epoch, by `grpc-timeout`. */
  readonly deadline: number;
}

/** The server's reaction: bytes of an answer, an error with a code, or nothing at all. */
export type Reaction =
  | Uint8Array
  | { readonly code: number; readonly details?: string; readonly metadata?: Metadata }
  | 'hang';

export interface GrpcServer {
  readonly url: string;
  readonly port: number;
  readonly calls: readonly GrpcCall[];
  readonly spans: readonly SpanRecord[];
  respond(react: ((number: number) => Reaction) | undefined): void;
  /** Ends all connections with `GOAWAY`, and listens on. */
  drain(): void;
  /** Ends all of them at once. */
  stop(): void;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** A trace service by `@grpc/grpc-js`, whose messages stay bytes. */
export async function grpcServer(
  t: TestContext,
  tls?: { readonly cert: string; readonly key: string },
): Promise<GrpcServer> {
  const server = new Server();
  const calls: GrpcCall[] = [];
  let react: ((number: number) => Reaction) | undefined;
  function handle(call: ServerUnaryCall<Buffer, Uint8Array>, answer: sendUnaryData<Uint8Array>): void {
    calls.push({ bytes: call.request, metadata: call.metadata, deadline: Number(call.getDeadline()) });
    const reaction = react?.(calls.length) ?? NOTHING;
    if (reaction === 'hang') return;
    if (reaction instanceof Uint8Array) answer(null, reaction);
    else answer({ ...reaction, details: reaction.details ?? '' });
  }
  const asIs = (value: Uint8Array): Buffer => Buffer.from(value);
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        ...{ requestStream: false, responseStream: false },
        ...{ requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs },
      },
    },
    { export: handle },
  );
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  t.after(() => server.forceShutdown());
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    calls,
    get spans() {
      return calls.flatMap(({ bytes }) => decodeTraceRequestProtobuf(bytes).records);
    },
    respond(reaction) {
      react = reaction;
    },
    drain: () => server.drain(`127.0.0.1:${port}`, 50),
    stop: () => server.forceShutdown(),
  };
}

/** A TCP address of a server of ours. */
export function portOf(address: AddressInfo | string | null): number {
  return (address as AddressInfo).port;
}
