/**
 * Whether all of `text` fits `pattern`, in which `*` stands for any characters, none included.
 * Linear steps back to the last star only: time is bounded by the product of both lengths.
 *
 *     fitsGlob('GET /orders/*', 'GET /orders/:id')   // true
 */
export function fitsGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
