import { NOT_WANTED } from '../../../kernels/field-kernel.ts';
import type { Labels } from '../../../model/labels.ts';
import { fieldOfLabel } from './field-keys.ts';
import type { ParsedPattern } from './line-pattern.ts';

/** A pattern as kernels/fields.ts wants it, and how many captures it has. */
export interface EncodedPattern {
  readonly bytes: Uint8Array;
  readonly captures: number;
}

/** Encodes a pattern for the rows of a stream. Captures behind the last wanted one are left out. */
export function encodePattern(
  { prefix, captures }: ParsedPattern,
  names: readonly string[],
  stream: Labels,
): EncodedPattern {
  const fields = captures.map(({ name }) => (name === undefined ? NOT_WANTED : fieldOfLabel(names, stream, name)));
  const count = fields.findLastIndex((field) => field !== NOT_WANTED) + 1;
  const out: number[] = [];
  const u16 = (value: number): number => out.push(value & 0xff, (value >> 8) & 0xff);
  u16(prefix.length);
  out.push(...prefix);
  for (const [i, { literal }] of captures.slice(0, count).entries()) {
    u16(fields[i]!);
    u16(literal?.length ?? 0);
    out.push(...(literal ?? []));
  }
  return { bytes: Uint8Array.from(out), captures: count };
}
