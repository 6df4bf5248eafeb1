import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readScript, rewriteScript, SCRIPT_BASE_NS, type ScriptFile } from '../support/script-file.ts';

/** The script language itself. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'halogi-language-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(...lines: string[]): ScriptFile {
  const path = join(folder, 'one.test');
  writeFileSync(path, lines.join('\n'));
  return readScript(path);
}

const LOAD = ['load', '  {a="b"}', '    -1.5 "x" {"m":"n"}', '    2..4 `y"`'];

describe('a script is read', () => {
  test('with its rows', () => {
    const [section] = read(...LOAD).sections;
    expect(section?.streams).toHaveLength(1);
    expect(section?.streams[0]?.labels).toEqual({ a: 'b' });
    expect(section?.streams[0]?.rows.map(({ timeNs, line }) => [Number(timeNs - SCRIPT_BASE_NS) / 1e9, line])).toEqual([
      [-1.5, 'x'],
      [2, 'y"'],
      [3, 'y"'],
      [4, 'y"'],
    ]);
    expect(section?.streams[0]?.rows[0]?.metadata).toEqual({ m: 'n' });
  });

  test('with names, options and queries of several lines', () => {
    const file = read(
      'let Q = {a="b"}',
      ...LOAD,
      'eval log limit=2 start=-1 $Q',
      '  ... |= "x"',
      '  row',
      '',
      'eval instant 1',
    );
    const [first, second] = file.sections[0]?.evals ?? [];
    expect(first).toMatchObject({ query: '{a="b"}\n|= "x"', options: { limit: '2', start: '-1' }, expected: ['row'] });
    expect(second).toMatchObject({ kind: 'instant', query: '1', expected: [] });
  });

  test('and written again with other answers only', () => {
    const file = read('# note', ...LOAD, '', 'eval instant 1', '  2', '# end', 'eval instant 3', '  3', '');
    const [first] = file.sections[0]?.evals ?? [];
    expect(rewriteScript(file, new Map([[first!.lineNumber, ['1', '| more']]]))).toBe(
      ['# note', ...LOAD, '', 'eval instant 1', '  1', '  | more', '# end', 'eval instant 3', '  3', ''].join('\n'),
    );
  });
});

test.each([
  [['eval log {a="b"}'], 'line 1: eval before the first load'],
  [['load quickly'], 'line 1: no such switch: quickly'],
  [['load', '  {a="b",c!="d"}'], 'line 2: a stream has only a="b"'],
  [['load', '  {a=b}'], 'line 2: parse error'],
  [['load', '    1 "x"'], 'line 2: rows need a stream'],
  [['load', '  {a="b"}', '    soon "x"'], 'line 3: expected TIME'],
  [[...LOAD, 'eval guess {a="b"}'], 'line 5: no such kind: guess'],
  [[...LOAD, 'eval log colour=red {a="b"}'], 'line 5: no such option: colour'],
  [['let c = 1'], 'line 1: expected let NAME = TEXT'],
  [['expect nothing'], 'line 1: expected load, eval, let or a comment'],
])('%j is refused', (lines, message) => {
  expect(() => read(...lines)).toThrow(message);
});
