import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery } from '../../grammar/parse.ts';
import { labelsToObject } from '../../src/model/labels.ts';
import { buildPipeline } from '../../src/query/pipeline/build.ts';
import { type ReferenceRow, type ReferenceStage, runReference } from '../support/pipeline-reference.ts';
import { makeRow } from '../support/pipeline-row.ts';

const NAMES = ['level', 'status', 'user', 'size', 'absent'] as const;
const VALUES = ['info', 'error', 'alice', '200', '404', '-7', '1.5', 'x y', 'say "hi"', 'ünï', ''] as const;

const name = fc.constantFrom(...NAMES);
const value = fc.constantFrom(...VALUES);
const present = fc.constantFrom(...VALUES.filter((text) => text !== ''));
const fields = fc.dictionary(fc.constantFrom(...NAMES.slice(0, 4)), value, { maxKeys: 4 });

const filter: fc.Arbitrary<ReferenceStage> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    name,
    op: fc.constantFrom('=' as const, '!=' as const),
    values: fc.tuple(value),
  }),
  fc.record({
    kind: fc.constant('text' as const),
    name,
    op: fc.constantFrom('=~' as const, '!~' as const),
    // Words that share no beginning, so that the alternation stays one of whole words.
    values: fc.constantFrom(['info', 'error'], ['alice', '200'], ['404', 'info', 'x y']),
  }),
  fc.record({
    kind: fc.constant('number' as const),
    name,
    op: fc.constantFrom('>' as const, '<=' as const, '!=' as const),
    value: fc.constantFrom(0, 1.5, 200, 404),
  }),
);
const line: fc.Arbitrary<ReferenceStage> = fc.record({
  kind: fc.constant('line' as const),
  op: fc.constantFrom('|=' as const, '!=' as const),
  text: fc.constantFrom('error', 'alice', '404', 'status'),
});
const last: fc.Arbitrary<ReferenceStage> = fc.record({
  kind: fc.constantFrom('drop' as const, 'keep' as const),
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
});

function printed(stage: ReferenceStage): string {
  switch (stage.kind) {
    case 'line':
      return `${stage.op} ${JSON.stringify(stage.text)}`;
    case 'parse':
      return `| ${stage.format}`;
    case 'text':
      return `| ${stage.name}${stage.op}${JSON.stringify(stage.values.join('|'))}`;
    case 'number':
      return `| ${stage.name}${stage.op}${stage.value}`;
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${stage.names.join(',')}`;
  }
}

function lineOf(format: 'json' | 'logfmt', pairs: Record<string, string>): string {
  if (format === 'json') return JSON.stringify(pairs);
  return Object.entries(pairs)
    .map(([key, text]) => `${key}=${/^[^\s"=]*$/.test(text) ? text : JSON.stringify(text)}`)
    .join(' ');
}

test('random pipelines over random rows give what the obvious reference gives', () => {
  const pipeline = fc.record({
    format: fc.constantFrom('json' as const, 'logfmt' as const),
    lines: fc.array(line, { maxLength: 1 }),
    filters: fc.array(filter, { maxLength: 3 }),
    last: fc.option(last, { nil: undefined }),
  });
  const row = fc.record({
    fields,
    stream: fc.dictionary(fc.constantFrom('app', 'level', 'user'), present, { maxKeys: 2 }),
    metadata: fc.dictionary(fc.constantFrom('trace', 'status', 'user'), present, { maxKeys: 2 }),
  });
  fc.assert(
    fc.property(pipeline, fc.array(row, { minLength: 1, maxLength: 5 }), (plan, rows) => {
      const stages: ReferenceStage[] = [...plan.lines, { kind: 'parse', format: plan.format }, ...plan.filters];
      if (plan.last !== undefined) stages.push(plan.last);
      const text = `{app="a"} ${stages.map(printed).join(' ')}`;
      const query = parseQuery(text);
      if (query.kind !== 'log') throw new Error('a log query was printed');
      const built = buildPipeline(query.stages);
      for (const { fields: pairs, stream, metadata } of rows) {
        const given: ReferenceRow = { line: lineOf(plan.format, pairs), fields: pairs, stream, metadata };
        const made = makeRow(given.line, stream, metadata);
        const passes = built.leadingLineFilters.test(made.bytes, made.start, made.end) && built.process(made);
        const found = passes ? labelsToObject(made.labels.result()) : 'dropped';
        if (found !== 'dropped') delete found['__error_details__'];
        expect(found, `${text}\n${JSON.stringify(given)}`).toEqual(runReference(given, stages));
      }
    }),
    { numRuns: 3000 },
  );
});
