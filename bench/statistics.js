/** The middle value: one disturbed turn on a busy machine does not move it. */
export function median(values) {
  return quantile(values, 0.5);
}

/** The value that a quarter of all is below: what others do on the machine only ever adds. */
export function lowerQuartile(values) {
  return quantile(values, 0.25);
}

function quantile(values, share) {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at - Math.floor(at));
}
