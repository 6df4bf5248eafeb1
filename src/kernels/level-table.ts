import { TABLE_AT, TABLE_BYTES } from './layout.ts';

/** What a line is searched for to find its level. */
export interface LevelTable {
  /** Names of fields that carry a level, in order of preference, and the same in lower case. */
  readonly names: readonly Uint8Array[];
  readonly lowerNames: readonly Uint8Array[];
  /** 1 for each length that a name has; lengths of 255 and more share the last place. */
  readonly lengths: Uint8Array;
  readonly jsonMaxDepth: number;
  /** Level words in lower case, of at most 11 bytes, and their codes. */
  readonly words: ReadonlyMap<string, number>;
}

const LENGTHS_AT = 16;
const NAMES_AT = 272;
const NAME_BYTES = 12;
const WORD_BYTES = 16;
const MAX_DEPTH = 0x7fff_ffff;

/**
 * Writes the table that `kernels/level.ts` describes into the kernel's memory.
 *
 * @returns false, with the table incomplete, when it does not fit or has names that the kernel cannot compare
 */
export function writeLevelTable(memory: Buffer, table: LevelTable): boolean {
  const { names, lowerNames, words } = table;
  const out = memory.subarray(TABLE_AT, TABLE_AT + TABLE_BYTES);
  const wordsAt = NAMES_AT + names.length * NAME_BYTES;
  let textAt = wordsAt + words.size * WORD_BYTES;
  const textBytes = names.reduce((sum, name, i) => sum + name.length + lowerNames[i]!.length, 0);
  if (textAt + textBytes > TABLE_BYTES) return false;
  out.writeUInt32LE(names.length, 0);
  out.writeInt32LE(Math.max(0, Math.min(table.jsonMaxDepth, MAX_DEPTH)), 4);
  out.writeUInt32LE(words.size, 8);
  out.writeUInt32LE(wordsAt, 12);
  out.set(table.lengths, LENGTHS_AT);
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const lower = lowerNames[i]!;
    // Letters other than ASCII may have another length in lower case; such names are left to TypeScript.
    if (lower.length !== name.length) return false;
    const at = NAMES_AT + i * NAME_BYTES;
    out.writeUInt32LE(name.length, at);
    out.writeUInt32LE(textAt, at + 4);
    out.writeUInt32LE(textAt + name.length, at + 8);
    out.set(name, textAt);
    out.set(lower, textAt + name.length);
    textAt += name.length + lower.length;
  }
  let at = wordsAt;
  for (const [word, level] of words) {
    out[at] = word.length;
    out[at + 1] = level;
    out.write(word, at + 4, 'latin1');
    at += WORD_BYTES;
  }
  return true;
}
