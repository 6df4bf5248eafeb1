/** Stands for a token that differs from line to line; `|>` understands it. */
export const VARIABLE = '<_>';

/** The pattern in the language of `|>`. Text that looks like a capture becomes one, and neighbouring captures one. */
export function printPattern(tokens: readonly string[]): string {
  return tokens.join('').replaceAll(/(?:<[A-Za-z_][A-Za-z0-9_]*>)+/g, VARIABLE);
}
