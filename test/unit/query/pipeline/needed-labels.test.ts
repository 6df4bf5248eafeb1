import { describe, expect, it } from 'vitest';
import type { RangeAggExpr, VectorAggExpr } from '../../../../grammar/ast.ts';
import { parseQuery } from '../../../../grammar/parse.ts';
import { isFatalError, parserHints } from '../../../../src/query/pipeline/needed-labels.ts';

function hintsOf(query: string) {
  const parsed = parseQuery(query) as RangeAggExpr | VectorAggExpr;
  const hints = parsed.kind === 'vector-agg' ? parserHints(parsed.expr as RangeAggExpr, parsed) : parserHints(parsed);
  if (hints.skip) return 'skip';
  return hints.names === undefined ? 'everything' : [...hints.names].sort().join(' ');
}
const S = '{a="b"} | json';

describe('parserHints', () => {
  it.each([
    [`sum(count_over_time(${S} [1m]))`, 'skip'],
    [`sum by () (rate(${S} [1m]))`, 'skip'],
    [`absent_over_time(${S} [1m])`, 'skip'],
    [`avg_over_time(${S} | unwrap v [1m]) by ()`, 'v'],
    [`sum(count_over_time(${S} | x="1" [1m]))`, 'x'],
    [`sum by (l, m) (bytes_rate(${S} [1m]))`, 'l m'],
    [`sum by (l) (sum_over_time(${S} | unwrap v | w > 1 [1m]))`, 'l v w'],
    [`max_over_time(${S} | unwrap v [1m]) by (l)`, 'l v'],
    [`sum by (a_extracted) (rate(${S} [1m]))`, 'a a_extracted'],
    [`sum(rate(${S} | label_format y=x [1m]))`, 'x'],
    [`sum(rate(${S} | label_format y="{{.x}}{{ $.z }}" [1m]))`, 'x'],
    [`sum(bytes_rate(${S} | line_format "{{.x}}" [1m]))`, 'x'],
    [`sum(rate(${S} | line_format "{{.x}}" [1m]))`, 'skip'],
    [`sum(rate(${S} | x="1" or y="2", z > 1 [1m]))`, 'x y z'],
    [`count_over_time(${S} [1m])`, 'everything'],
    [`sum without (l) (rate(${S} [1m]))`, 'everything'],
    [`avg by (l) (rate(${S} [1m]))`, 'everything'],
    [`topk(1, rate(${S} [1m]))`, 'everything'],
    [`sum by (l) (max_over_time(${S} | unwrap v [1m]))`, 'everything'],
  ])('%s: %s', (query, expected) => expect(hintsOf(query)).toBe(expected));
});

describe('isFatalError', () => {
  it('tolerates parser errors when they are grouped or filtered by', () => {
    const tolerant = { skip: false, names: new Set(['__error__']), keepErrors: true };
    expect(isFatalError('', undefined)).toBe(false);
    expect(isFatalError('JSONParserErr', undefined)).toBe(true);
    expect(isFatalError('JSONParserErr', tolerant)).toBe(false);
    expect(isFatalError('LogfmtParserErr', tolerant)).toBe(false);
    expect(isFatalError('LabelFilterErr', tolerant)).toBe(true);
  });
});
