import { LogError } from '../../base/errors.ts';
import { compareText, type Labels, labelValue } from '../../model/labels.ts';
import type { DetectedFieldsParams } from '../../wire/query-params.ts';
import type { DetectedField } from '../../wire/result/metadata-json.ts';
import { checkEntriesLimit } from '../analysis/check-query.ts';
import { parseText } from '../analysis/selectors.ts';
import type { QueryDeps } from '../execute/query-deps.ts';
import { scanLogRows } from '../execute/scan-log.ts';
import type { LogRow } from '../result/log-hits.ts';
import { fieldType, shownValue } from './field-values.ts';
import { JsonFields, parseJsonObject } from './json-fields.ts';
import { logfmtFields } from './logfmt-fields.ts';

/** What is known of a field after some rows. */
interface Field {
  /** The value met last. Only this one tells the type, and it is not looked at before the end: that takes longer than the rest. */
  last: string;
  readonly values: Set<string>;
  readonly parsers: Set<string>;
  jsonPath: readonly string[] | undefined;
  parsed: boolean;
}

/**
 * Fields of the newest rows of a log query: structured metadata, what the query parses, and what each line holds as JSON or else
 * as logfmt. The type is that of the oldest row; the number of values is exact for the rows looked at.
 */
export async function detectedFields(params: DetectedFieldsParams, deps: QueryDeps): Promise<readonly DetectedField[]> {
  const fields = await collectFields(params, deps);
  const out: DetectedField[] = [];
  for (const [label, field] of fields) {
    if (out.length >= params.fieldLimit) break;
    out.push({
      label,
      type: fieldType(field.last),
      cardinality: field.values.size,
      parsers: [...field.parsers].sort(compareText),
      ...(field.jsonPath === undefined ? {} : { jsonPath: field.jsonPath }),
    });
  }
  return out.sort((a, b) => compareText(a.label, b.label));
}

/** Values of one field, in the order in which they were met. */
export async function detectedFieldValues(
  name: string,
  params: DetectedFieldsParams,
  deps: QueryDeps,
): Promise<readonly string[]> {
  const field = (await collectFields(params, deps)).get(name);
  if (field === undefined) return [];
  const shown = new Set<string>();
  for (const value of field.values) {
    if (shown.size >= params.fieldLimit) break;
    shown.add(field.parsed ? shownValue(value) : value);
  }
  return [...shown];
}

async function collectFields(params: DetectedFieldsParams, deps: QueryDeps): Promise<Map<string, Field>> {
  const query = parseText(params.query);
  if (query.kind !== 'log') throw new LogError('QUERY_INVALID', 'only log selector is supported');
  checkEntriesLimit(params.lineLimit, deps.limits);
  const { rows } = await scanLogRows(
    {
      expr: query,
      startNs: params.startNs,
      endNs: params.endNs,
      limit: params.lineLimit,
      backward: true,
      categorize: true,
    },
    deps,
  );
  const fields = new Map<string, Field>();
  const jsonFields = new JsonFields();
  for (const row of rows) addRow(fields, row, jsonFields);
  return fields;
}

function addRow(fields: Map<string, Field>, row: LogRow, jsonFields: JsonFields): void {
  const { stream, structuredMetadata, parsed } = row.labels.categorized ?? {
    stream: [],
    structuredMetadata: [],
    parsed: [],
  };
  for (let i = 0; i < structuredMetadata.length; i += 2)
    addValue(fields, structuredMetadata[i]!, structuredMetadata[i + 1]!);
  const json = parseJsonObject(row.line);
  const parser = json === undefined ? 'logfmt' : 'json';
  for (let i = 0; i < parsed.length; i += 2) {
    if (!parsed[i]!.startsWith('__error')) addValue(fields, parsed[i]!, parsed[i + 1]!, parser);
  }
  if (json !== undefined) {
    jsonFields.read(json, (name, value, path) => addValue(fields, fieldName(name, stream), value, parser, path));
    return;
  }
  const pairs = logfmtFields(row.line);
  for (let i = 0; i < pairs.length; i += 2) addValue(fields, fieldName(pairs[i]!, stream), pairs[i + 1]!, parser);
}

function fieldName(name: string, stream: Labels): string {
  return labelValue(stream, name) === undefined ? name : `${name}_extracted`;
}

function addValue(
  fields: Map<string, Field>,
  name: string,
  value: string,
  parser?: string,
  jsonPath?: readonly string[],
): void {
  let field = fields.get(name);
  if (field === undefined) {
    field = { last: value, values: new Set(), parsers: new Set(), jsonPath: undefined, parsed: false };
    fields.set(name, field);
  }
  field.last = value;
  field.values.add(value);
  if (parser !== undefined) {
    field.parsed = true;
    field.parsers.add(parser);
  }
  if (jsonPath !== undefined) field.jsonPath = jsonPath;
}
