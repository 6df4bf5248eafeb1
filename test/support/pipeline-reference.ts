/**
 * A slow, obvious pipeline for property tests: labels in a Map, fields given as an object instead of parsed from bytes. It knows what
 * the generator of test/property/pipelines.test.ts makes, and nothing of the scanners.
 */

export type ReferenceStage =
  | { readonly kind: 'line'; readonly op: '|=' | '!='; readonly text: string }
  | { readonly kind: 'parse'; readonly format: 'json' | 'logfmt' }
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly op: '=' | '!=' | '=~' | '!~';
      readonly values: readonly string[];
    }
  | { readonly kind: 'number'; readonly name: string; readonly op: '>' | '<=' | '!='; readonly value: number }
  | { readonly kind: 'drop' | 'keep'; readonly names: readonly string[] };

export interface ReferenceRow {
  readonly line: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly stream: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Labels after the stages (an error without its details), or `dropped`. */
export function runReference(row: ReferenceRow, stages: readonly ReferenceStage[]): Record<string, string> | 'dropped' {
  const labels = new Map(Object.entries(row.stream));
  for (const [name, value] of Object.entries(row.metadata))
    labels.set(name in row.stream ? `${name}_extracted` : name, value);
  for (const stage of stages) if (!runStage(stage, row, labels)) return 'dropped';
  return Object.fromEntries([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function runStage(stage: ReferenceStage, row: ReferenceRow, labels: Map<string, string>): boolean {
  switch (stage.kind) {
    case 'line':
      return row.line.includes(stage.text) === (stage.op === '|=');
    case 'parse':
      for (const [name, value] of Object.entries(row.fields)) {
        if (value === '' && stage.format === 'logfmt') continue;
        labels.set(name in row.stream ? `${name}_extracted` : name, value);
      }
      return true;
    case 'text': {
      const isOne = stage.values.includes(labels.get(stage.name) ?? '');
      return isOne === (stage.op === '=' || stage.op === '=~');
    }
    case 'number': {
      const text = labels.get(stage.name);
      if (text === undefined) return false;
      if (!/^-?\d+(\.\d+)?$/.test(text)) {
        if (!labels.has('__error__')) labels.set('__error__', 'LabelFilterErr');
        return true;
      }
      const number = Number(text);
      return stage.op === '>'
        ? number > stage.value
        : stage.op === '<='
          ? number <= stage.value
          : number !== stage.value;
    }
    case 'drop':
      for (const name of stage.names) labels.delete(name);
      return true;
    case 'keep':
      for (const name of [...labels.keys()])
        if (!stage.names.includes(name) && name !== '__error__') labels.delete(name);
      return true;
  }
}
