/** Seeded random patterns and lines for differential tests of the regex engine. */

export interface Random {
  /** Integer in `[0, below)`. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return { int, pick: (list) => list[int(list.length)]! };
}

const ATOMS = [
  'a',
  'b',
  'k',
  's',
  'K',
  'S',
  'foo',
  'bar',
  'ab',
  '1',
  '_',
  ' ',
  '.',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '\\W',
  '\\D',
  '\\S',
  '[ab]',
  '[^a]',
  '[a-k]',
  '[^\\n]',
  '[[:alpha:]]',
  '[^[:space:]]',
  '\\n',
  '\\r',
  '\\t',
  '\\x{2028}',
  '\\x{212a}',
  'ſ',
  'é',
  '\\pL',
  '\\.',
  '\\-',
  '[\\w.]',
  '[^\\W_]',
  '\\Qa.b\\E',
  '[-a]',
];
const ANCHORS = ['^', '$', '\\b', '\\B', '\\A', '\\z', '(?m)^', '(?m)$', '(?m:^a)', '(?m:b$)'];
const REPEATS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{2,}', '{0,2}?', '{3}'];
const FLAGS = ['(?i)', '(?s)', '(?m)', '(?U)', '(?is)', '(?-i)'];

export function randomPattern(random: Random, depth = 3): string {
  const parts: string[] = [];
  if (random.int(8) === 0) parts.push(random.pick(FLAGS));
  const count = 1 + random.int(4);
  for (let i = 0; i < count; i++) {
    const kind = random.int(10);
    let piece: string;
    if (kind < 6 || depth === 0) piece = random.pick(ATOMS);
    else if (kind === 6) {
      parts.push(random.pick(ANCHORS));
      continue;
    } else if (kind === 7) piece = `(${randomPattern(random, depth - 1)})`;
    else if (kind === 8) piece = `(?:${randomPattern(random, depth - 1)})`;
    else piece = `(?:${randomPattern(random, depth - 1)}|${randomPattern(random, depth - 1)})`;
    if (random.int(3) === 0) piece += random.pick(REPEATS);
    parts.push(piece);
  }
  const pattern = parts.join('');
  return random.int(6) === 0 ? `${pattern}|${random.pick(ATOMS)}` : pattern;
}

const SYNTAX = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '*',
  '+',
  '?',
  '|',
  '\\',
  '^',
  '$',
  '.',
  '-',
  ':',
  '<',
  '>',
  '=',
  '!',
  'P',
  'a',
  'z',
  '1',
  '0',
  ',',
  'i',
  's',
  'Q',
  'E',
  'x',
  'p',
  'd',
  'é',
  '(?',
  '(?P<',
  '[:alpha:]',
  '\\p{Greek}',
  '{2}',
  '{1001}',
];

/** Syntax characters in any order: mostly wrong. */
export function randomGarbage(random: Random): string {
  let text = '';
  for (let i = 1 + random.int(7); i > 0; i--) text += random.pick(SYNTAX);
  return text;
}

const ASCII_PIECES = [
  'a',
  'b',
  'k',
  's',
  'K',
  'S',
  'foo',
  'bar',
  'ab',
  'aa',
  '1',
  '23',
  '_',
  ' ',
  '\n',
  '\r',
  '\t',
  '.',
  '-',
  'a.b',
  'x',
  '\x00',
  '\x7f',
];
const WIDE_PIECES = ['\u2028', '\u212a', 'ſ', 'é', 'É', '한', '🚀', '\u0085', '\ufffd'];
const BROKEN_PIECES = [[0xff], [0xe2, 0x84], [0xc5], [0x80], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xc0, 0xaf]];

/** A line as bytes: mostly ASCII, some with other characters, some not UTF-8. */
export function randomLine(random: Random): Uint8Array {
  const wide = random.int(3) === 0;
  const broken = random.int(8) === 0;
  const parts: Buffer[] = [];
  for (let i = random.int(9); i > 0; i--) {
    if (broken && random.int(3) === 0) parts.push(Buffer.from(random.pick(BROKEN_PIECES)));
    else parts.push(Buffer.from(wide && random.int(3) === 0 ? random.pick(WIDE_PIECES) : random.pick(ASCII_PIECES)));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** How many cases a differential test runs; set HALOGI_FUZZ_PAIRS for a long run. */
export function fuzzPairs(standard = 50_000): number {
  const setting = Number(process.env['HALOGI_FUZZ_PAIRS'] ?? standard);
  return Number.isSafeInteger(setting) && setting > 0 ? setting : standard;
}
