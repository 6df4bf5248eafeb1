import { LEVEL_IN_METADATA, LEVELS } from '../../model/level.ts';
import {
  CRITICAL,
  DEBUG,
  ERROR,
  FATAL,
  INFO,
  jsonLevel,
  LEVEL_WORDS,
  type LevelFields,
  logfmtLevel,
  TRACE,
  UNKNOWN,
  WARN,
} from './level-fields.ts';

const encoder = new TextEncoder();

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
  return {
    names,
    lowerNames: list.map((name) => encoder.encode(name.toLowerCase())),
    lengths,
    jsonMaxDepth,
    words: LEVEL_WORDS,
  };
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
  const isJson = end - start >= 2 && bytes[start] === 0x7b && bytes[end - 1] === 0x7d;
  const found = isJson ? jsonLevel(fields, bytes, start, end) : -1;
  return found >= 0 ? found : textLevel(fields, bytes, start, end, !isJson);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

// Every key word holds one of f F : ] g G at a fixed place, and these are rarer in text than the words' first letters.
const KEYWORD_PIVOT = 1;
const EQUAL_SIGN = 2;
const PIVOTS = new Uint8Array(256);
for (const char of 'fF:]gG') PIVOTS[char.charCodeAt(0)] = KEYWORD_PIVOT;
PIVOTS[0x3d] = EQUAL_SIGN;

const [INFO_LOWER, INFO_UPPER] = [encoder.encode('in'), encoder.encode('IN')];
const [ERR_LOWER, ERR_UPPER] = [encoder.encode('err'), encoder.encode('ERR')];
const [WARN_LOWER, WARN_UPPER] = [encoder.encode('warn'), encoder.encode('WARN')];
const [CRITICAL_LOWER, CRITICAL_UPPER] = [encoder.encode('critical'), encoder.encode('CRITICAL')];
const [WARNIN_LOWER, WARNIN_UPPER] = [encoder.encode('warnin'), encoder.encode('WARNIN')];
const [DEBU_LOWER, DEBU_UPPER] = [encoder.encode('debu'), encoder.encode('DEBU')];
const BRACKET_ERR = [encoder.encode('[err'), encoder.encode('[error')] as const;
const BRACKET_ERR_UPPER = [encoder.encode('[ERR'), encoder.encode('[ERROR')] as const;
const BRACKET_WARN = [encoder.encode('[warn'), encoder.encode('[WARN')] as const;
const BRACKET_CRITICAL = [encoder.encode('[critical'), encoder.encode('[CRITICAL')] as const;

/** Order of the key word groups: the first that hits anywhere in the line decides. */
const GROUP_ORDER = new Uint8Array(16).fill(9);
GROUP_ORDER[INFO] = 0;
GROUP_ORDER[ERROR] = 1;
GROUP_ORDER[WARN] = 2;
GROUP_ORDER[CRITICAL] = 3;
GROUP_ORDER[DEBUG] = 4;

/** One pass for both: key words, and the equal sign that makes a line worth the search for pairs, which goes first. */
function textLevel(fields: LevelFields, bytes: Uint8Array, start: number, end: number, tryLogfmt: boolean): number {
  let best = UNKNOWN;
  let wantsEqual = tryLogfmt;
  let at = start;
  while (at < end) {
    // Four bytes per branch: most of them are no pivots.
    const stop = Math.min(at + 4, end);
    if (
      stop - at === 4 &&
      (PIVOTS[bytes[at]!]! | PIVOTS[bytes[at + 1]!]! | PIVOTS[bytes[at + 2]!]! | PIVOTS[bytes[at + 3]!]!) === 0
    ) {
      at = stop;
      continue;
    }
    for (; at < stop; at++) {
      const pivot = PIVOTS[bytes[at]!];
      if (pivot === EQUAL_SIGN && wantsEqual) {
        wantsEqual = false;
        const found = logfmtLevel(fields, bytes, start, end);
        if (found >= 0) return found;
      } else if (pivot === KEYWORD_PIVOT && best !== INFO) {
        const level = keywordAt(bytes, start, end, at);
        if (GROUP_ORDER[level]! < GROUP_ORDER[best]!) best = level;
      }
    }
    if (best === INFO && !wantsEqual) return INFO;
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
      return endsWith(bytes, start, at, CRITICAL_LOWER) || endsWith(bytes, start, at, CRITICAL_UPPER)
        ? CRITICAL
        : UNKNOWN;
    default:
      return bracketAt(bytes, start, at);
  }
}

function bracketAt(bytes: Uint8Array, start: number, at: number): number {
  switch (at > start ? bytes[at - 1] : 0) {
    case 0x72:
      return endsWith(bytes, start, at, BRACKET_ERR[0]) || endsWith(bytes, start, at, BRACKET_ERR[1]) ? ERROR : UNKNOWN;
    case 0x52:
      return endsWith(bytes, start, at, BRACKET_ERR_UPPER[0]) || endsWith(bytes, start, at, BRACKET_ERR_UPPER[1])
        ? ERROR
        : UNKNOWN;
    case 0x6e:
      return endsWith(bytes, start, at, BRACKET_WARN[0]) ? WARN : UNKNOWN;
    case 0x4e:
      return endsWith(bytes, start, at, BRACKET_WARN[1]) ? WARN : UNKNOWN;
    case 0x6c:
      return endsWith(bytes, start, at, BRACKET_CRITICAL[0]) ? CRITICAL : UNKNOWN;
    case 0x4c:
      return endsWith(bytes, start, at, BRACKET_CRITICAL[1]) ? CRITICAL : UNKNOWN;
    default:
      // [warning] and [WARNING] have been found at their g already.
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
