import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readScript } from '../support/script-file.ts';
import { allWords, wordsOf } from '../support/script-words.ts';

/** Every word of LogQL is run by a script; `UPDATE=1` writes WORDS.md. */

const FOLDER = import.meta.dirname;

/** Scripts by word. Refused queries and `format` do not run a word. */
function usesByWord(): Map<string, Set<string>> {
  const uses = new Map<string, Set<string>>();
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.test'))) {
    for (const { kind, query, expected } of readScript(join(FOLDER, name)).sections.flatMap(({ evals }) => evals)) {
      if (kind === 'format' || expected[0]?.startsWith('expect fail 4') === true) continue;
      for (const word of wordsOf(query)) {
        const scripts = uses.get(word) ?? new Set();
        uses.set(word, scripts.add(name));
      }
    }
  }
  return uses;
}

test('every word has a script', () => {
  const uses = usesByWord();
  const words = allWords();
  expect(words.length).toBeGreaterThan(250);
  if (process.env['UPDATE'] === '1') {
    const rows = words.map(
      (word) => `| \`${word.replaceAll('|', '\\|')}\` | ${[...(uses.get(word) ?? [])].sort().join(', ')} |`,
    );
    const head = [
      '# Words of LogQL and the scripts that run them',
      '',
      'Written by `words.test.ts` with `UPDATE=1`.',
      '',
      '| Word | Scripts |',
      '|---|---|',
    ];
    writeFileSync(join(FOLDER, 'WORDS.md'), `${[...head, ...rows].join('\n')}\n`);
  }
  expect(words.filter((word) => !uses.has(word))).toEqual([]);
});
