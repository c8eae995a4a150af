/** The stream that the console exporter writes to: `process.stderr`, another stream, or anything that takes text. */
export interface ConsoleStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** The further parts of Node's writable streams that we look at when they are there. */
interface NodeStream {
  readonly destroyed?: unknown;
  readonly writable?: unknown;
  write(text: string, done: (error?: Error | null) => void): unknown;
  once(event: 'error', listener: () => void): unknown;
  removeListener(event: 'error', listener: () => void): unknown;
  listenerCount(event: 'error'): number;
}

/** True for a stream that was destroyed or ended: a write would be lost, or be an `error` event in the app. */
export function isClosed(stream: ConsoleStream): boolean {
  const { destroyed, writable } = stream as Partial<NodeStream>;
  return destroyed === true || writable === false;
}

/**
 * Writes as Node's own console does: an `error` event that this write causes, such as EPIPE when the
 * reader of a pipe went away, must not end a process that does not listen for it.
 */
export function writeGuarded(stream: ConsoleStream, text: string): void {
  if (!isNodeStream(stream)) {
    stream.write(text);
    return;
  }
  stream.once('error', ignore);
  try {
    stream.write(text, (error) => {
      if (error && stream.listenerCount('error') === 0) stream.once('error', ignore);
    });
  } finally {
    stream.removeListener('error', ignore);
  }
}

function isNodeStream(stream: object): stream is NodeStream {
  const { once, removeListener, listenerCount } = stream as Partial<NodeStream>;
  return [once, removeListener, listenerCount].every((method) => typeof method === 'function');
}

function ignore(): void {}
