/** Value below which the share `part` of the values lies, interpolated; NaN for none. */
export function quantile(values: readonly number[], part: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)]!;
  const above = sorted[Math.min(Math.floor(at) + 1, sorted.length - 1)]!;
  return below + (above - below) * (at % 1);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export async function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
