/** Longest text that is looked at: what is longer is not plain. */
const MAX_BYTES = 12;

/**
 * Nanoseconds of a duration that is written plainly: one decimal and one unit, `12.5ms`. Exact, and cut to whole nanoseconds as Go does;
 * NaN for anything else, which the full parser has to read.
 */
export function plainDurationNs(text: string): number {
  if (text.length > MAX_BYTES) return Number.NaN;
  let at = 0;
  let whole = 0;
  for (; isDigit(text.charCodeAt(at)); at++) whole = whole * 10 + text.charCodeAt(at) - 0x30;
  if (at === 0) return Number.NaN;
  let fraction = 0;
  let scale = 1;
  if (text.charCodeAt(at) === 0x2e) {
    for (at++; isDigit(text.charCodeAt(at)); at++) {
      fraction = fraction * 10 + text.charCodeAt(at) - 0x30;
      scale *= 10;
    }
  }
  const unitNs = unitOf(text, at);
  // Go works out the fraction in float64, in this order.
  const ns = whole * unitNs + Math.trunc(fraction * (unitNs / scale));
  return ns <= Number.MAX_SAFE_INTEGER ? ns : Number.NaN;
}

/** Nanoseconds of the unit that is the rest of a text; NaN when it is none of those that are usual. */
function unitOf(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (at === text.length - 1) return c === 0x73 ? 1e9 : c === 0x6d ? 6e10 : c === 0x68 ? 3.6e12 : Number.NaN;
  if (at !== text.length - 2 || text.charCodeAt(at + 1) !== 0x73) return Number.NaN;
  return c === 0x6d ? 1e6 : c === 0x75 ? 1e3 : c === 0x6e ? 1 : Number.NaN;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
