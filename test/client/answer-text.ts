import type { ClientRequest, IncomingMessage } from 'node:http';

/** The body of the answer to a request of node:http that `send` makes, and ends where it has to. */
export function answerText(send: (done: (answer: IncomingMessage) => void) => ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = send((answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.once('end', () => resolve(text));
      answer.once('error', reject);
    });
    request.once('error', reject);
    if (!request.writableEnded) request.end();
  });
}
