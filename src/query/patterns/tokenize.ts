/** Stands for a token that differs from line to line; `|>` understands it. */
export const VARIABLE = '<_>';

/** More of a line than this is one variable: patterns are for people. */
const MAX_CHARACTERS = 4096;
const MAX_WORDS = 100;

/** 1 for ASCII characters between words: blanks, quotes, brackets, `= , ; |`. */
const IS_DELIMITER = new Uint8Array(128);
for (const char of ' \t\r\n="\'(),;[]{}<>|') IS_DELIMITER[char.charCodeAt(0)] = 1;
const COLON = ':'.charCodeAt(0);

/**
 * Cuts a line into words and what stands between them: word, delimiters, word, ..., word. Together they are the line. Only
 * the first and the last word can be empty.
 */
export function tokenize(line: string): string[] {
  const tokens: string[] = [];
  const end = Math.min(line.length, MAX_CHARACTERS);
  let at = 0;
  while (tokens.length < 2 * MAX_WORDS) {
    const wordStart = at;
    while (at < end && !isDelimiter(line, at)) at++;
    tokens.push(line.slice(wordStart, at));
    if (at === end) break;
    const gapStart = at;
    // `":` and `",` are one gap, while the colon of `12:30` or `error:` belongs to its word.
    while (at < end && (isDelimiter(line, at) || line.charCodeAt(at) === COLON)) at++;
    tokens.push(line.slice(gapStart, at));
  }
  if (tokens.length % 2 === 0) tokens.push(at < line.length ? VARIABLE : '');
  else if (at < line.length) tokens[tokens.length - 1] = VARIABLE;
  return tokens;
}

function isDelimiter(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code < 128 && IS_DELIMITER[code] === 1;
}

/** The pattern in the language of `|>`. Text that looks like a capture becomes one, and neighbouring captures one. */
export function printPattern(tokens: readonly string[]): string {
  return tokens.join('').replaceAll(/(?:<[A-Za-z_][A-Za-z0-9_]*>)+/g, VARIABLE);
}
