/** The defaults of `redis()`. */
export const REDIS_DEFAULTS: { readonly ttlSeconds: number; readonly maxTraceSpans: number; readonly live: number } = {
  ttlSeconds: 3 * 86_400,
  maxTraceSpans: 200_000,
  live: 10_000,
};
