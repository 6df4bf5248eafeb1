import type { LevelTable } from '../../kernels/level-table.ts';
import { LEVELS } from '../../model/level.ts';

/**
 * Level words and the names that may carry a level, prepared once per tenant's limits. All search is over bytes: this
 * runs for every line that is pushed.
 */
export type LevelFields = LevelTable;

export const UNKNOWN: number = LEVELS.indexOf('unknown');
export const TRACE: number = LEVELS.indexOf('trace');
export const DEBUG: number = LEVELS.indexOf('debug');
export const INFO: number = LEVELS.indexOf('info');
export const WARN: number = LEVELS.indexOf('warn');
export const ERROR: number = LEVELS.indexOf('error');
export const CRITICAL: number = LEVELS.indexOf('critical');
export const FATAL: number = LEVELS.indexOf('fatal');

/** Spellings of level values, lower case. */
export const LEVEL_WORDS: ReadonlyMap<string, number> = new Map<string, number>([
  ['trace', TRACE],
  ['trc', TRACE],
  ['debug', DEBUG],
  ['dbg', DEBUG],
  ['info', INFO],
  ['inf', INFO],
  ['information', INFO],
  ['warn', WARN],
  ['wrn', WARN],
  ['warning', WARN],
  ['error', ERROR],
  ['err', ERROR],
  ['critical', CRITICAL],
  ['fatal', FATAL],
]);
const LONGEST_SPELLING = 11;

/** Rank of a name among the fields by exact bytes; -1 when it is none of them. */
export function fieldRank(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (fields.lengths[Math.min(length, 255)] === 0) return -1;
  const { names } = fields;
  for (let rank = 0; rank < names.length; rank++) if (bytesAre(names[rank]!, bytes, start, length)) return rank;
  return -1;
}

function bytesAre(name: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

function lowerFieldRank(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (fields.lengths[Math.min(length, 255)] === 0) return -1;
  const { lowerNames } = fields;
  for (let rank = 0; rank < lowerNames.length; rank++) {
    const name = lowerNames[rank]!;
    if (name.length !== length) continue;
    let i = 0;
    while (i < length && lower(bytes[start + i]!) === name[i]) i++;
    if (i === length) return rank;
  }
  return -1;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Level of a value found in a line, -1 when it is no level word. */
function wordLevel(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST_SPELLING) return -1;
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(lower(bytes[i]!));
  return LEVEL_WORDS.get(text) ?? -1;
}

/** First string member, in document order, whose key is a field, down to the configured depth; arrays are passed over. */
export function jsonLevel(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  // Depth at which an array, or an object deeper than asked for, began: its content does not count.
  let skipDepth = 0;
  let keyStart = 0;
  let keyEnd = 0;
  let isValue = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x22) {
      const close = closingQuote(bytes, at + 1, end);
      if (close < 0) return -1;
      if (skipDepth === 0) {
        if (!isValue) {
          keyStart = at + 1;
          keyEnd = close;
        } else if (fieldRank(fields, bytes, keyStart, keyEnd) >= 0) return wordLevel(bytes, at + 1, close);
      }
      at = close;
    } else if (byte === 0x3a) isValue = true;
    else if (byte === 0x2c) isValue = false;
    else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      if (skipDepth === 0 && (byte === 0x5b || depth > fields.jsonMaxDepth)) skipDepth = depth;
      isValue = false;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === skipDepth) skipDepth = 0;
      depth--;
      if (depth <= 0) return -1;
      isValue = true;
    }
  }
  return -1;
}

function closingQuote(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x22) return at;
    if (byte === 0x5c) at++;
  }
  return -1;
}

/** Scans pairs up to the first malformed one; the field earliest in the list wins, not the earliest in the line. */
export function logfmtLevel(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
  let bestRank = fields.names.length;
  let level = -1;
  let at = start;
  while (at < end) {
    while (at < end && bytes[at]! <= 0x20) at++;
    const keyStart = at;
    let byte = 0;
    while (at < end) {
      byte = bytes[at]!;
      if (byte <= 0x20 || byte === 0x3d) break;
      if (byte === 0x22) return level;
      at++;
    }
    if (at >= end) break;
    if (byte !== 0x3d) continue;
    if (at === keyStart) return level;
    const keyEnd = at++;
    let valueStart = at;
    let valueEnd: number;
    if (bytes[at] === 0x22 && at < end) {
      valueStart = at + 1;
      valueEnd = closingQuote(bytes, valueStart, end);
      if (valueEnd < 0) return level;
      at = valueEnd + 1;
    } else {
      while (at < end && bytes[at]! > 0x20) {
        if (bytes[at] === 0x22 || bytes[at] === 0x3d) return level;
        at++;
      }
      valueEnd = at;
    }
    const rank = lowerFieldRank(fields, bytes, keyStart, keyEnd);
    if (rank < 0 || rank >= bestRank) continue;
    bestRank = rank;
    level = wordLevel(bytes, valueStart, valueEnd);
    if (rank === 0) return level;
  }
  return level;
}
