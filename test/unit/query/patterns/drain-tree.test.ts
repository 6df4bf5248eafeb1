import { describe, expect, it } from 'vitest';
import { DrainTree } from '../../../../src/query/patterns/drain-tree.ts';
import { LineWords, tokensOf } from '../../../../src/query/patterns/line-words.ts';
import { printPattern } from '../../../../src/query/patterns/pattern-text.ts';
import { compilePatternFilter } from '../../../../src/query/pipeline/filters/pattern-filter.ts';

const words = new LineWords();

function wordsOf(line: string): LineWords {
  const bytes = Buffer.from(line);
  words.readLine(bytes, 0, bytes.length);
  return words;
}

/** Patterns of lines with their counts. */
function patternsOf(lines: readonly string[]): Record<string, number> {
  const tree = new DrainTree();
  for (const line of lines) tree.add(wordsOf(line)).count(0, 1);
  return Object.fromEntries(tree.clusters.map(({ tokens, lines: counts }) => [printPattern(tokens), counts.get(0)!]));
}

function matches(pattern: string, line: string): boolean {
  const bytes = Buffer.from(line);
  return compilePatternFilter(pattern).test(bytes, 0, bytes.length);
}

describe('LineWords', () => {
  it.each([
    ['', ['']],
    ['one', ['one']],
    ['a b', ['a', ' ', 'b']],
    ['a=1 b="x y"', ['a', '=', '1', ' ', 'b', '="', 'x', ' ', 'y', '"', '']],
    ['{"k":"v","n":1}', ['', '{"', 'k', '":"', 'v', '","', 'n', '":', '1', '}', '']],
    ['12:30:01 GET /a/b?c=d', ['12:30:01', ' ', 'GET', ' ', '/a/b?c', '=', 'd']],
  ])('cuts %j', (line, tokens) => {
    expect(tokensOf(wordsOf(line))).toEqual(tokens);
    expect(tokensOf(wordsOf(line)).join('')).toBe(line);
  });

  it('takes the rest of a long line as one variable', () => {
    const tokens = tokensOf(wordsOf(Array.from({ length: 500 }, (_, i) => `w${i}`).join(' ')));
    expect(tokens.length).toBeLessThan(250);
    expect(tokens.at(-1)).toBe('<_>');
    expect(tokensOf(wordsOf('x'.repeat(10_000))).at(-1)).toBe('<_>');
  });
});

describe('DrainTree', () => {
  it('joins lines that differ in values, keeps kinds of lines apart', () => {
    const lines = [
      ...Array.from({ length: 50 }, (_, i) => `level=info msg="user u${i} logged in" took=${i}ms`),
      ...Array.from({ length: 30 }, (_, i) => `level=error msg="cannot open file${i}.txt" code=${i % 3}`),
      'connection reset by peer',
    ];
    expect(patternsOf(lines)).toEqual({
      'level=info msg="user <_> logged in" took=<_>': 50,
      'level=error msg="cannot open <_>" code=<_>': 30,
      'connection reset by peer': 1,
    });
  });

  it('keeps a number that is the same everywhere', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `10.0.0.${i} - - "GET /item/${i} HTTP/1.1" 200 ${i * 7}`);
    expect(Object.keys(patternsOf(lines))).toEqual(['<_> - - "GET <_> HTTP/1.1" 200 <_>']);
  });

  it.each([
    [
      'access log',
      (i: number) =>
        `10.0.${i}.1 - frank [10/Oct/2026:13:55:${i} +0000] "GET /a${i} HTTP/1.1" ${i % 2 ? 200 : 404} ${i}`,
    ],
    [
      'JSON',
      (i: number) => JSON.stringify({ level: i % 2 ? 'info' : 'warn', id: i, nested: { name: `n${i}` }, list: [i, i] }),
    ],
    ['text that looks like captures', (i: number) => `<html> <_> <a${i}> value <b>${i}</b>`],
    ['empty values', (i: number) => `a=${i % 2 ? '' : 'x'} b="${i % 3 ? '' : i}" end=`],
    ['leading and trailing blanks', (i: number) => `  start ${i} ${' '.repeat(i % 3)}`],
  ])('prints patterns that match all their lines: %s', (_name, lineOf) => {
    const lines = Array.from({ length: 60 }, (_, i) => lineOf(i));
    const patterns = Object.keys(patternsOf(lines));
    for (const line of lines)
      expect(
        patterns.some((pattern) => matches(pattern, line)),
        line,
      ).toBe(true);
    expect(patterns.length).toBeLessThan(30);
  });

  it('joins the templates of other trees and adds their counts up', () => {
    const [first, second, whole] = [new DrainTree(), new DrainTree(), new DrainTree()];
    for (let i = 0; i < 10; i++) first.add(wordsOf(`request ${i} done`)).count(1, 1);
    for (let i = 0; i < 5; i++) second.add(wordsOf(`request ${i + 100} done`)).count(i % 2, 1);
    for (const tree of [first, second]) {
      for (const { tokens, lines } of tree.clusters) {
        words.readTokens(tokens);
        const cluster = whole.add(words);
        for (const [bucket, count] of lines) cluster.count(bucket, count);
      }
    }
    expect(whole.clusters.map(({ tokens, lines }) => [printPattern(tokens), [...lines].sort()])).toEqual([
      [
        'request <_> done',
        [
          [0, 3],
          [1, 12],
        ],
      ],
    ]);
  });

  it('tells line breaks from one another', () => {
    expect(patternsOf(['a\n\n\nb', 'a\nb\nc', 'a\nb\nc'])).toEqual({ 'a\n\n\nb': 1, 'a\nb\nc': 2 });
  });

  it('stays bounded when no two lines are alike, and counts every line', () => {
    const tree = new DrainTree();
    const word = (i: number): string => i.toString(2).replaceAll('0', 'a').replaceAll('1', 'b');
    for (let i = 0; i < 20_000; i++)
      tree.add(wordsOf(`${word(i)}${';'.repeat(i % 97)}x ${word(i * 7)} ${word(i * 13)}`)).count(0, 1);
    expect(tree.clusters.length).toBeLessThanOrEqual(4001);
    expect(tree.clusters.reduce((sum, { lines }) => sum + lines.get(0)!, 0)).toBe(20_000);
  });
});
