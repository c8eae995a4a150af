/** What is not plain in a JSON string: control characters, `"`, `\`, and surrogates, which may stand alone. */
const NEEDS_CARE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/**
 * `text` as a JSON string with its quotes. Most names and values need no escaping: a scan finds
 * that out and the string is joined as it is (a third faster than `JSON.stringify`, which copies).
 * Everything else goes to `JSON.stringify`, which also turns lone surrogates into `\udXXX` escapes,
 * so that the bytes sent are always valid UTF-8.
 */
export function quote(text: string): string {
  return NEEDS_CARE.test(text) ? JSON.stringify(text) : `"${text}"`;
}
