/** In UTC, to the second; `?` for what is no date. */
export function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '?' : `${date.toISOString().slice(0, 19)}Z`;
}
