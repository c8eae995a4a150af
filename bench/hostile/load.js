import { converse } from '../conversation.js';
import { answer } from '../processes.js';

/** Requests a second with these header lines on each. */
async function fire({ port, path, requests, connections, lines }) {
  const text = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('\r\n')}\r\n\r\n`;
  let left = requests;
  const next = () => {
    if (left === 0) return undefined;
    left -= 1;
    return text;
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, () => converse(port, next)));
  return (requests / (performance.now() - start)) * 1000;
}

answer({ fire });
