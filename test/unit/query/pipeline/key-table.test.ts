import { describe, expect, it } from 'vitest';
import { KeyTable, sanitizeKey } from '../../../../src/query/pipeline/parsers/key-table.ts';
import { sliceText } from '../../../../src/query/pipeline/text/byte-text.ts';

const find = (table: KeyTable, key: string) => {
  const bytes = Buffer.from(key);
  return table.find(bytes, 0, bytes.length);
};

describe('KeyTable', () => {
  it('gives the same node for the same bytes, over growth and collisions', () => {
    const table = new KeyTable();
    const nodes = Array.from({ length: 500 }, (_, i) => find(table, `k${i}`));
    nodes.forEach((node, i) => {
      expect(node.name).toBe(`k${i}`);
      expect(find(table, `k${i}`)).toBe(node);
    });
    expect(new Set(nodes).size).toBe(500);
  });

  it('works on when it may not remember more', () => {
    const table = new KeyTable('', { left: 1 });
    expect(find(table, 'a')).toBe(find(table, 'a'));
    expect(find(table, 'b')).not.toBe(find(table, 'b'));
    expect(find(table, 'b').name).toBe('b');
  });

  it('names nested keys by their path', () => {
    const node = find(find(new KeyTable(), '1x').children, '2.y');
    expect(node.name).toBe('_1x_2_y');
    expect(find(node.children, ' ').name).toBe('_1x_2_y');
  });

  it.each([
    ['a.b-c', 'a_b_c'],
    ['9d', '_9d'],
    [' \u00a0x\t', 'x'],
    ['é🚀', '__'],
    [' ', ''],
  ])('sanitises %j', (key, name) => expect(sanitizeKey(key)).toBe(name));
});

describe('sliceText', () => {
  it('never mixes up remembered texts', () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `t${i * 7919}`);
    const bytes = Buffer.from(texts.join(''));
    for (let round = 0; round < 2; round++) {
      let at = 0;
      for (const text of texts) {
        expect(sliceText(bytes, at, at + text.length)).toBe(text);
        at += text.length;
      }
    }
  });

  it('decodes short and long text that is not ASCII', () => {
    for (const text of ['é', 'é'.repeat(30), `${'a'.repeat(23)}é`]) {
      const bytes = Buffer.from(text);
      expect(sliceText(bytes, 0, bytes.length)).toBe(text);
    }
  });
});
