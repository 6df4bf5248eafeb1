import { compileRegex, type Regex } from '../../../base/regex/regex.ts';

const META = /[\\.+*?()|[\]{}^$]/g;

/** A regex for a literal text in any case (Unicode folding, so `k` is also the Kelvin sign). */
export function compileFoldedText(text: string, whole: boolean): Regex {
  return compileRegex(`(?i)${text.replace(META, '\\$&')}`, { anchored: whole });
}
