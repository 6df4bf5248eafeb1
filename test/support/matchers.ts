/** A matcher over JavaScript's own regular expressions, for tests of what selects by matchers. */
export function testMatcher(
  name: string,
  op: '=' | '!=' | '=~' | '!~',
  value: string,
): { name: string; op: '=' | '!=' | '=~' | '!~'; value: string; matches: (text: string) => boolean } {
  const regex = new RegExp(`^(?:${op === '=~' || op === '!~' ? value : ''})$`, 's');
  const matches = {
    '=': (text: string) => text === value,
    '!=': (text: string) => text !== value,
    '=~': (text: string) => regex.test(text),
    '!~': (text: string) => !regex.test(text),
  }[op];
  return { name, op, value, matches };
}
