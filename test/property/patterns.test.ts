import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DrainTree } from '../../src/query/patterns/drain-tree.ts';
import { LineWords, tokensOf } from '../../src/query/patterns/line-words.ts';
import { ReferenceTree, tokenize } from '../support/pattern-reference.ts';

const encoder = new TextEncoder();
const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('a', 'b', 'GET', 'é', '😀', 'user', '\ufffd', '7', 'a1', '12:30', 'error:', ':'),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(' ', '=', '":"', '","', '{"', '"}', '\n', '\n\n', '<_>', '<', '>', '|', ': '),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
);
const text = fc.array(piece, { minLength: 1, maxLength: 14 }).map((pieces) => pieces.join(''));
const longText = fc
  .tuple(
    text,
    fc.constantFrom('x', 'é', '😀', ' ', 'a ', 'é=', '9:'),
    fc.constantFrom(45, 99, 100, 101, 2047, 2048, 4095, 4096, 5000),
    text,
  )
  .map(([before, unit, times, after]) => before + unit.repeat(times) + after);
const bytesOfLine = fc
  .oneof(
    { weight: 12, arbitrary: text.map((line) => encoder.encode(line)) },
    { weight: 1, arbitrary: longText.map((line) => encoder.encode(line)) },
    // Not UTF-8, and characters cut in two.
    {
      weight: 2,
      arbitrary: fc
        .tuple(text, fc.uint8Array({ maxLength: 4 }), text)
        .map(([a, b, c]) => Buffer.concat([encoder.encode(a), b, encoder.encode(c)])),
    },
  )
  .filter(({ length }) => length > 0);
/** Few kinds of lines, so that some share a template. */
const lines = fc
  .array(bytesOfLine, { minLength: 1, maxLength: 6 })
  .chain((kinds) =>
    fc.array(fc.tuple(fc.constantFrom(...kinds), bytesOfLine, fc.nat(5)), { minLength: 1, maxLength: 40 }),
  )
  .map((picks) => picks.map(([kind, other, dice]) => (dice === 0 ? other : kind)));

interface Grown {
  readonly clusters: readonly { readonly tokens: readonly string[]; readonly lines: ReadonlyMap<number, number> }[];
}

function shown({ clusters }: Grown): unknown {
  return clusters.map(({ tokens, lines: counts }) => [tokens, [...counts]]);
}

test('lines are cut into the words and gaps of their text', () => {
  const words = new LineWords();
  fc.assert(
    fc.property(bytesOfLine, fc.nat(3), (bytes, offset) => {
      const within = Buffer.concat([Buffer.from('x 1'.slice(0, offset)), bytes, Buffer.from('y')]);
      words.readLine(within, offset, offset + bytes.length);
      expect(tokensOf(words)).toEqual(tokenize(Buffer.from(bytes).toString()));
    }),
    { numRuns: 4000 },
  );
});

test('templates of bytes are those of texts, also joined from several trees', () => {
  const words = new LineWords();
  // All lines in one place, one after the other: what a template keeps is its own.
  const shared = Buffer.alloc(65_536);
  const changing = fc.array(fc.tuple(lines, fc.boolean()), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(changing, (tasks) => {
      const whole = new DrainTree();
      const wholeReference = new ReferenceTree();
      for (const [task, numbered] of tasks) {
        const tree = new DrainTree();
        const reference = new ReferenceTree();
        task.forEach((line, i) => {
          const bytes = numbered ? Buffer.concat([line, Buffer.from(` ${i % 3} n${i % 2 === 0 ? 'x' : i}`)]) : line;
          shared.set(bytes);
          words.readLine(shared, 0, bytes.length);
          tree.add(words).count(i % 4, i);
          reference.add(tokenize(Buffer.from(bytes).toString()), [[i % 4, i]]);
        });
        expect(shown(tree)).toEqual(shown(reference));
        for (const { tokens, lines: counts } of tree.clusters) {
          words.readTokens(tokens);
          const cluster = whole.add(words);
          for (const [bucket, count] of counts) cluster.count(bucket, count);
        }
        for (const { tokens, lines: counts } of reference.clusters) wholeReference.add(tokens, counts);
      }
      expect(shown(whole)).toEqual(shown(wholeReference));
    }),
    { numRuns: 2000 },
  );
});

test('words and gaps are what they were after they were texts', () => {
  const [words, again] = [new LineWords(), new LineWords()];
  fc.assert(
    fc.property(bytesOfLine, (bytes) => {
      words.readLine(bytes, 0, bytes.length);
      again.readTokens(tokensOf(words));
      expect(tokensOf(again)).toEqual(tokensOf(words));
      expect(again.kinds.slice(0, again.count)).toEqual(words.kinds.slice(0, words.count));
      expect(again.shapeHash).toBe(words.shapeHash);
      expect(again.shape.slice(0, again.shapeLength)).toEqual(words.shape.slice(0, words.shapeLength));
    }),
    { numRuns: 2000 },
  );
});
