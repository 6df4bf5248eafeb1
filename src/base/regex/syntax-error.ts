import { LogError } from '../errors.ts';

/** What can be wrong with a pattern, in Go's words. */
const REGEX_ERRORS = {
  charRange: 'invalid character class range',
  escape: 'invalid escape sequence',
  namedCapture: 'invalid named capture',
  perlOperator: 'invalid or unsupported Perl syntax',
  repeatOperator: 'invalid nested repetition operator',
  repeatSize: 'invalid repeat count',
  missingBracket: 'missing closing ]',
  missingParen: 'missing closing )',
  missingArgument: 'missing argument to repetition operator',
  trailingBackslash: 'trailing backslash at end of expression',
  unexpectedParen: 'unexpected )',
  nestingDepth: 'expression nests too deeply',
  tooLarge: 'expression too large',
} as const;

type RegexErrorKind = keyof typeof REGEX_ERRORS;

/** LogError REGEX_SYNTAX with the message that Go's `regexp.Compile` gives; `part` is the piece of the pattern at fault. */
export function regexError(kind: RegexErrorKind, part: string): LogError {
  return new LogError('REGEX_SYNTAX', `error parsing regexp: ${REGEX_ERRORS[kind]}: \`${part}\``, {
    details: { kind, part },
  });
}
