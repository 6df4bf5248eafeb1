import { describe, expect, it } from 'vitest';
import { Postings } from '../../../src/index/postings.ts';
import { testMatcher } from '../../support/matchers.ts';

function sample(): Postings {
  const postings = new Postings();
  postings.add(3, ['app', 'web', 'env', 'prod']);
  postings.add(1, ['app', 'db', 'env', 'prod']);
  postings.add(7, ['app', 'web', 'empty', '']);
  postings.add(5, ['host', 'h1']);
  return postings;
}

describe('Postings', () => {
  it.each<[string, Parameters<typeof testMatcher>[], number[]]>([
    ['nothing asked', [], [1, 3, 5, 7]],
    ['equal', [['app', '=', 'web']], [3, 7]],
    ['equal, unknown value', [['app', '=', 'x']], []],
    ['equal, unknown name', [['x', '=', 'x']], []],
    ['equal to nothing', [['app', '=', '']], [5]],
    ['equal to nothing, unknown name', [['x', '=', '']], [1, 3, 5, 7]],
    ['a label stored empty is absent', [['empty', '!=', '']], []],
    ['not equal', [['app', '!=', 'web']], [1, 5]],
    ['not equal to nothing', [['env', '!=', '']], [1, 3]],
    ['regex', [['app', '=~', 'w.*|db']], [1, 3, 7]],
    ['regex that takes nothing too', [['env', '=~', 'prod|']], [1, 3, 5, 7]],
    ['regex that takes all', [['env', '=~', '.*']], [1, 3, 5, 7]],
    ['regex that needs the label', [['env', '=~', '.+']], [1, 3]],
    ['not regex', [['app', '!~', 'w.*']], [1, 5]],
    ['not regex, absent excluded', [['app', '!~', 'w.*|']], [1]],
    [
      'several',
      [
        ['app', '=', 'web'],
        ['env', '=', ''],
      ],
      [7],
    ],
    [
      'several on one name',
      [
        ['app', '=', 'web'],
        ['app', '=', 'db'],
      ],
      [],
    ],
    [
      'several on one name that agree',
      [
        ['app', '=~', 'w.*'],
        ['app', '!=', 'x'],
      ],
      [3, 7],
    ],
  ])('selects: %s', (_name, matchers, expected) => {
    const selected = sample().select(matchers.map((each) => testMatcher(...each)));
    expect([...selected]).toEqual(expected);
  });

  it('lists names and values in order', () => {
    const postings = sample();
    expect(postings.names()).toEqual(['app', 'env', 'host']);
    expect(postings.values('app')).toEqual(['db', 'web']);
    expect(postings.values('empty')).toEqual([]);
    expect(postings.streamCount).toBe(4);
    expect(postings.labels(5)).toEqual(['host', 'h1']);
  });

  it('forgets streams, and the names and values that only they had', () => {
    const postings = sample();
    postings.remove(5);
    postings.remove(1);
    postings.remove(7);
    postings.remove(7);
    expect(postings.names()).toEqual(['app', 'env']);
    expect(postings.values('app')).toEqual(['web']);
    expect([...postings.select([])]).toEqual([3]);
    expect(postings.labels(5)).toBeUndefined();
  });

  it('gives a stream other labels', () => {
    const postings = sample();
    postings.add(3, ['app', 'new']);
    expect([...postings.select([testMatcher('env', '=', 'prod')])]).toEqual([1]);
    expect([...postings.select([testMatcher('app', '=', 'new')])]).toEqual([3]);
  });

  it('hands out arrays of the caller', () => {
    const postings = sample();
    const before = postings.select([testMatcher('app', '=', 'web')]);
    before.fill(0);
    expect([...postings.select([testMatcher('app', '=', 'web')])]).toEqual([3, 7]);
  });

  it('tests a regex once per value', () => {
    const postings = new Postings();
    for (let id = 1; id <= 1000; id++) postings.add(id, ['app', `app-${id % 10}`]);
    let count = 0;
    const matcher = testMatcher('app', '=~', 'app-[0-4]');
    const counting = {
      ...matcher,
      matches: (text: string) => {
        count++;
        return matcher.matches(text);
      },
    };
    expect(postings.select([counting])).toHaveLength(500);
    expect(count).toBe(11);
  });

  it('tests a regex on the streams that are left when these are fewer than the values', () => {
    const postings = new Postings();
    for (let id = 1; id <= 1000; id++) postings.add(id, ['app', `app-${id % 100}`, 'pod', `pod-${id}`]);
    let count = 0;
    const matcher = testMatcher('pod', '!~', 'pod-.01');
    const counting = {
      ...matcher,
      matches: (text: string) => {
        count++;
        return matcher.matches(text);
      },
    };
    const selected = postings.select([counting, testMatcher('app', '=', 'app-1')]);
    expect([...selected]).toEqual([1]);
    expect(count).toBe(10);
  });
});
