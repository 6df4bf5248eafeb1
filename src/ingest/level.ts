import { LEVEL_IN_METADATA, LEVELS } from '../model/level.ts';

/**
 * Level words and the names that may carry a level, prepared once per tenant's limits. All search is over bytes: this
 * runs for every line that is pushed.
 */
export interface LevelFields {
  /** Names in order of preference. */
  readonly names: readonly Uint8Array[];
  readonly lowerNames: readonly Uint8Array[];
  /** Lengths of names, as a bit set of the lengths below 32 and a flag for longer ones: a cheap first test. */
  readonly lengths: Uint8Array;
  readonly jsonMaxDepth: number;
}

const encoder = new TextEncoder();

export const UNKNOWN: number = LEVELS.indexOf('unknown');
const TRACE = LEVELS.indexOf('trace');
const DEBUG = LEVELS.indexOf('debug');
const INFO = LEVELS.indexOf('info');
const WARN = LEVELS.indexOf('warn');
const ERROR = LEVELS.indexOf('error');
const CRITICAL = LEVELS.indexOf('critical');
const FATAL = LEVELS.indexOf('fatal');

/** Spellings of level values, lower case. */
const SPELLINGS = new Map<string, number>([
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

/** Used when the list of fields is configured empty. */
const BUILT_IN_FIELDS = [
  'level',
  'LEVEL',
  'Level',
  'log.level',
  'severity',
  'SEVERITY',
  'Severity',
  'SeverityText',
  'lvl',
  'LVL',
  'Lvl',
  'severity_text',
  'Severity_Text',
  'SEVERITY_TEXT',
];

export function compileLevelFields(fields: readonly string[], jsonMaxDepth: number): LevelFields {
  const list = fields.length === 0 ? BUILT_IN_FIELDS : fields;
  const names = list.map((name) => encoder.encode(name));
  const lengths = new Uint8Array(256);
  for (const name of names) lengths[Math.min(name.length, 255)] = 1;
  return { names, lowerNames: list.map((name) => encoder.encode(name.toLowerCase())), lengths, jsonMaxDepth };
}

/** Rank of a name among the fields by exact bytes; -1 when it is none of them. */
export function fieldRank(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (fields.lengths[length > 255 ? 255 : length] === 0) return -1;
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
  if (fields.lengths[length > 255 ? 255 : length] === 0) return -1;
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

/** Code of a level text that stands for itself (`info`, not `INFO`); LEVEL_IN_METADATA for any other text. */
export function verbatimLevel(text: string): number {
  const code = (LEVELS as readonly string[]).indexOf(text);
  return code < 0 ? LEVEL_IN_METADATA : code;
}

/** Level of an OpenTelemetry severity number in decimal text. */
export function severityNumberLevel(text: string): number {
  if (!/^[+-]?\d{1,18}$/.test(text)) return INFO;
  const number = Number(text);
  if (number < 1 || number > 24) return UNKNOWN;
  return [TRACE, DEBUG, INFO, WARN, ERROR, FATAL][(number - 1) >> 2]!;
}

/** Level of a value found in a line, -1 when it is no level word. */
function wordLevel(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST_SPELLING) return -1;
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(lower(bytes[i]!));
  return SPELLINGS.get(text) ?? -1;
}

/**
 * Level of a line by its content: a JSON member or logfmt pair with one of the field names, else key words.
 *
 * @returns a code of model/level.ts, never LEVEL_NONE
 */
export function detectLineLevel(fields: LevelFields, bytes: Uint8Array, lineStart: number, lineEnd: number): number {
  let start = lineStart;
  let end = lineEnd;
  while (start < end && isSpace(bytes[start]!)) start++;
  while (end > start && isSpace(bytes[end - 1]!)) end--;
  let found = -1;
  if (end - start >= 2 && bytes[start] === 0x7b && bytes[end - 1] === 0x7d) {
    found = jsonLevel(fields, bytes, start, end);
  } else {
    for (let i = start; i < end; i++) {
      if (bytes[i] !== 0x3d) continue;
      found = logfmtLevel(fields, bytes, start, end);
      break;
    }
  }
  return found >= 0 ? found : keywordLevel(bytes, start, end);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** First string member, in document order, whose key is a field, down to the configured depth; arrays are passed over. */
function jsonLevel(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
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
function logfmtLevel(fields: LevelFields, bytes: Uint8Array, start: number, end: number): number {
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

// Every key word holds one of f F : ] g G at a fixed place, and these are rarer in text than the words' first letters.
const PIVOTS = new Uint8Array(256);
for (const char of 'fF:]gG') PIVOTS[char.charCodeAt(0)] = 1;

const [INFO_LOWER, INFO_UPPER] = [encoder.encode('in'), encoder.encode('IN')];
const [ERR_LOWER, ERR_UPPER] = [encoder.encode('err'), encoder.encode('ERR')];
const [WARN_LOWER, WARN_UPPER] = [encoder.encode('warn'), encoder.encode('WARN')];
const [CRITICAL_LOWER, CRITICAL_UPPER] = [encoder.encode('critical'), encoder.encode('CRITICAL')];
const [WARNIN_LOWER, WARNIN_UPPER] = [encoder.encode('warnin'), encoder.encode('WARNIN')];
const [DEBU_LOWER, DEBU_UPPER] = [encoder.encode('debu'), encoder.encode('DEBU')];
const BRACKETED: readonly (readonly [Uint8Array, number])[] = [
  ['[err', ERROR],
  ['[ERR', ERROR],
  ['[error', ERROR],
  ['[ERROR', ERROR],
  ['[warn', WARN],
  ['[WARN', WARN],
  ['[warning', WARN],
  ['[WARNING', WARN],
  ['[critical', CRITICAL],
  ['[CRITICAL', CRITICAL],
].map(([text, level]) => [encoder.encode(text as string), level as number]);

/** Order of the key word groups: the first that hits anywhere in the line decides. */
const GROUP_ORDER = new Uint8Array(16).fill(9);
GROUP_ORDER[INFO] = 0;
GROUP_ORDER[ERROR] = 1;
GROUP_ORDER[WARN] = 2;
GROUP_ORDER[CRITICAL] = 3;
GROUP_ORDER[DEBUG] = 4;

function keywordLevel(bytes: Uint8Array, start: number, end: number): number {
  let best = UNKNOWN;
  for (let at = start; at < end; at++) {
    if (PIVOTS[bytes[at]!] === 0) continue;
    const level = keywordAt(bytes, start, end, at);
    if (level === INFO) return INFO;
    if (GROUP_ORDER[level]! < GROUP_ORDER[best]!) best = level;
  }
  return best;
}

function keywordAt(bytes: Uint8Array, start: number, end: number, at: number): number {
  switch (bytes[at]) {
    case 0x66:
      return at + 1 < end && bytes[at + 1] === 0x6f && endsWith(bytes, start, at, INFO_LOWER) ? INFO : UNKNOWN;
    case 0x46:
      return at + 1 < end && bytes[at + 1] === 0x4f && endsWith(bytes, start, at, INFO_UPPER) ? INFO : UNKNOWN;
    case 0x67:
      if (endsWith(bytes, start, at, WARNIN_LOWER)) return WARN;
      return endsWith(bytes, start, at, DEBU_LOWER) ? DEBUG : UNKNOWN;
    case 0x47:
      if (endsWith(bytes, start, at, WARNIN_UPPER)) return WARN;
      return endsWith(bytes, start, at, DEBU_UPPER) ? DEBUG : UNKNOWN;
    case 0x3a:
      if (endsWith(bytes, start, at, ERR_LOWER) || endsWith(bytes, start, at, ERR_UPPER)) return ERROR;
      if (endsWith(bytes, start, at, WARN_LOWER) || endsWith(bytes, start, at, WARN_UPPER)) return WARN;
      return endsWith(bytes, start, at, CRITICAL_LOWER) || endsWith(bytes, start, at, CRITICAL_UPPER) ? CRITICAL : UNKNOWN;
    default:
      for (const [word, level] of BRACKETED) if (endsWith(bytes, start, at, word)) return level;
      return UNKNOWN;
  }
}

/** The bytes before `at` are `word`. */
function endsWith(bytes: Uint8Array, start: number, at: number, word: Uint8Array): boolean {
  const from = at - word.length;
  if (from < start) return false;
  for (let i = word.length - 1; i >= 0; i--) if (bytes[from + i] !== word[i]) return false;
  return true;
}
