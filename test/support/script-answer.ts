import type { EvalKind } from './script-file.ts';
import { SCRIPT_BASE_NS } from './script-file.ts';

/** Prints answers of the query endpoints as the rows of test/scripts. */

type LabelObject = Readonly<Record<string, string>>;
type Sample = readonly [number, string];
interface Categories {
  readonly structuredMetadata?: LabelObject;
  readonly parsed?: LabelObject;
}

/** The body of `/query` and `/query_range`. */
export interface AnswerBody {
  readonly data:
    | {
        readonly resultType: 'streams';
        readonly result: readonly {
          readonly stream: LabelObject;
          readonly values: readonly (readonly [string, string, Categories?])[];
        }[];
      }
    | {
        readonly resultType: 'vector';
        readonly result: readonly { readonly metric: LabelObject; readonly value: Sample }[];
      }
    | {
        readonly resultType: 'matrix';
        readonly result: readonly { readonly metric: LabelObject; readonly values: readonly Sample[] }[];
      }
    | { readonly resultType: 'scalar'; readonly result: Sample };
}

const ERROR_LABELS = ['__error__', '__error_details__'];

/** Rows of a good answer; `(empty)` stands for none, so that an eval without rows is a mistake. */
export function answerRows(kind: EvalKind, { data }: AnswerBody): string[] {
  const rows = rowsOf(kind, data);
  return rows.length === 0 ? ['(empty)'] : rows;
}

function rowsOf(kind: EvalKind, data: AnswerBody['data']): string[] {
  switch (data.resultType) {
    case 'scalar':
      return [data.result[1]];
    case 'vector':
      return data.result.map(({ metric, value }) => `${labels(metric)} ${value[1]}`);
    case 'matrix':
      return data.result.map(
        ({ metric, values }) =>
          `${labels(metric)} ${values.map(([time, value]) => `${sinceBase(time)}:${value}`).join(' ')}`,
      );
    case 'streams':
      return data.result.flatMap(({ stream, values }) =>
        values.map(([time, line, categories]) => {
          const at = `@${secondsSinceBase(BigInt(time))}`;
          if (kind !== 'lines')
            return [labels(stream), at, JSON.stringify(line), ...categoryTexts(categories)].join(' ');
          const errors = Object.entries(stream).filter(([name]) => ERROR_LABELS.includes(name));
          return `${at} ${JSON.stringify(line)}${errors.map(([name, text]) => ` ${name}=${JSON.stringify(text)}`).join('')}`;
        }),
      );
  }
}

/** A refusal: status and first line of its text, then the other lines. */
export function failureRows(status: number, message: string): string[] {
  const [first = '', ...more] = message.split('\n');
  return [`expect fail ${status} ${first}`.trimEnd(), ...textRows(more.join('\n'))];
}

/** Text of several lines, each behind a bar. */
export function textRows(text: string): string[] {
  return text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `| ${line}`);
}

function labels(set: LabelObject): string {
  return `{${Object.entries(set)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`;
}

function categoryTexts(categories: Categories | undefined): string[] {
  if (categories === undefined) return [];
  const { structuredMetadata, parsed } = categories;
  return [
    ...(structuredMetadata === undefined ? [] : [`metadata${labels(structuredMetadata)}`]),
    ...(parsed === undefined ? [] : [`parsed${labels(parsed)}`]),
  ];
}

function sinceBase(seconds: number): string {
  return String(Math.round((seconds - Number(SCRIPT_BASE_NS / 1_000_000_000n)) * 1000) / 1000);
}

function secondsSinceBase(timeNs: bigint): string {
  const ns = timeNs - SCRIPT_BASE_NS;
  const size = ns < 0n ? -ns : ns;
  const rest = (size % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${size / 1_000_000_000n}${rest === '' ? '' : `.${rest}`}`;
}
