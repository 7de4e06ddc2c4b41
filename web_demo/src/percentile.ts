/** The `percent`-th percentile of numbers, linear between neighbours as numpy.percentile's. */
export function percentile(values: Float32Array | number[], percent: number): number {
  return percentileOfSorted(Float32Array.from(values).sort(), percent);
}

/** The same of numbers that are in order; NaN of none. */
export function percentileOfSorted(sorted: Float32Array, percent: number): number {
  if (sorted.length === 0) return NaN;
  const place = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}
