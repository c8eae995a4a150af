/** Above this, the native scan of `JSON.stringify` overtakes the loop. */
const SHORT = 64;

/**
 * `text` as a JSON string with its quotes. Most names and values need no escaping: a short scan
 * finds that out and the string is joined as it is. Everything else goes to `JSON.stringify`, which
 * also turns lone surrogates into `\udXXX` escapes, so that the bytes sent are always valid UTF-8.
 */
export function quote(text: string): string {
  if (text.length > SHORT) return JSON.stringify(text);
  for (let i = 0; i < text.length; i++) {
    if (needsCare(text.charCodeAt(i))) return JSON.stringify(text);
  }
  return `"${text}"`;
}

function needsCare(code: number): boolean {
  return code < 0x20 || code === 0x22 || code === 0x5c || (code & 0xf800) === 0xd800;
}
