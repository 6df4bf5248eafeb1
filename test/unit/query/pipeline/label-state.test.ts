import { describe, expect, it } from 'vitest';
import { labelsFromObject, labelsToObject } from '../../../../src/model/labels.ts';
import { RowLabels } from '../../../../src/query/pipeline/row/label-state.ts';

const STREAM = labelsFromObject({ a: 's', c: 's' });
const METADATA = labelsFromObject({ a: 'm', b: 'm' });

function fresh(stream = STREAM, metadata = METADATA): RowLabels {
  const labels = new RowLabels();
  labels.reset(stream, metadata);
  return labels;
}
const all = (labels: RowLabels) => labelsToObject(labels.result());

describe('RowLabels', () => {
  it('starts with stream labels and metadata, renamed where the stream has the name', () => {
    const labels = fresh();
    expect(labels.result()).toEqual(['a', 's', 'a_extracted', 'm', 'b', 'm', 'c', 's']);
    expect(labels.untouched).toBe(true);
  });

  it('gives untouched rows of the same stream and metadata the identical result', () => {
    const labels = fresh();
    const first = labels.result();
    labels.reset(STREAM, []);
    labels.reset(STREAM, METADATA);
    expect(labels.result()).toBe(first);
  });

  it('fills the error slots from metadata of their names', () => {
    const labels = fresh(STREAM, labelsFromObject({ __error__: 'E', __error_details__: 'D' }));
    expect([labels.error, labels.errorDetails]).toEqual(['E', 'D']);
    expect(all(labels)).toEqual({ __error__: 'E', __error_details__: 'D', a: 's', c: 's' });
    labels.error = '';
    expect(all(labels)).toEqual({ __error_details__: 'D', a: 's', c: 's' });
  });

  it('lets parsed labels hide the others, and deletes undo nothing but themselves', () => {
    const labels = fresh();
    labels.setParsed('b', 'p');
    labels.setStructuredMetadata('b', 'again');
    labels.setParsed('a', 'p');
    labels.delete('c');
    expect(all(labels)).toEqual({ a: 'p', a_extracted: 'm', b: 'p' });
    labels.delete('a');
    expect(labels.get('a')).toBeUndefined();
    labels.setParsed('a', 'back');
    expect(labels.get('a')).toBe('back');
    expect(labels.isStreamLabel('a')).toBe(true);
  });

  it('remembers parsed names after their deletion, until the next row', () => {
    const labels = fresh();
    labels.setParsed('x', '1');
    labels.delete('x');
    expect(labels.wasParsed('x')).toBe(true);
    expect(labels.wasParsed('c')).toBe(false);
    labels.reset(STREAM, METADATA);
    expect(labels.wasParsed('x')).toBe(false);
    expect(labels.untouched).toBe(true);
  });

  it('sorts labels into categories; errors count as parsed', () => {
    const labels = fresh();
    labels.setParsed('z', 'p');
    labels.error = 'E';
    expect(labels.categorized()).toEqual({
      stream: ['a', 's', 'c', 's'],
      structuredMetadata: ['a_extracted', 'm', 'b', 'm'],
      parsed: ['__error__', 'E', 'z', 'p'],
    });
  });

  it('groups by and without', () => {
    const labels = fresh();
    labels.setParsed('z', '');
    labels.error = 'E';
    expect(labels.grouped(false, ['z', 'a', 'nope'])).toEqual(['a', 's', 'z', '']);
    expect(labels.grouped(false, ['__error__'])).toEqual(['__error__', 'E']);
    expect(labels.grouped(true, ['a', 'b'])).toEqual(['a_extracted', 'm', 'c', 's', 'z', '']);
    expect(labels.grouped(false, [])).toEqual([]);
  });

  it('works the same with very many labels', () => {
    const labels = fresh([], []);
    const expected: Record<string, string> = {};
    for (let round = 0; round < 2; round++) {
      labels.reset([], []);
      for (let i = 0; i < 100; i++) {
        labels.setParsed(`k${i}`, `${i}-${round}`);
        expected[`k${i}`] = `${i}-${round}`;
      }
      expect(all(labels)).toEqual(expected);
      expect(labels.get('k77')).toBe(`77-${round}`);
      expect(labels.get('k100')).toBeUndefined();
    }
  });
});
