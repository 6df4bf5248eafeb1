import { describe, expect, it } from 'vitest';
import { expandEnvironment } from '../../../src/config/expand-env.ts';

describe('expandEnvironment', () => {
  const env = { HOST: 'db', EMPTY: '' };

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the texts of a configuration
  it.each([
    ['${HOST}:1', 'db:1'],
    ['$HOST:1', 'db:1'],
    ['${NONE}', ''],
    ['${NONE:x:y}', 'x:y'],
    ['${NONE:-x}', 'x'],
    ['${EMPTY:x}', 'x'],
    ['a $$HOST', 'a $HOST'],
    ['^a$', '^a$'],
  ])('%s', (text, expected) => {
    expect(expandEnvironment(text, env)).toBe(expected);
  });

  it('refuses what is no name', () => {
    expect(() => expandEnvironment('${1a}', env)).toThrow('expected the name of a variable');
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the texts of a configuration
});
