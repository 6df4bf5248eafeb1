/** An answer reduced to what can be judged. */
export interface AnswerDigest {
  /** Log lines, or names of a list. */
  readonly entries: number;
  readonly series: number;
  /** Sum of all samples. */
  readonly sum: number;
}

/** What the data set's manifest says an answer holds. */
export interface ExpectedAnswer {
  readonly measure: keyof AnswerDigest;
  readonly value: number;
}

interface AnswerBody {
  readonly entries?: number;
  readonly streams?: number;
  readonly fields?: readonly unknown[];
  readonly values?: readonly unknown[];
  readonly detectedLabels?: readonly unknown[];
  readonly data?:
    | readonly { readonly samples?: readonly [number, number][] }[]
    | readonly string[]
    | {
        readonly resultType: string;
        readonly result: readonly { values?: readonly [unknown, string][]; value?: [unknown, string] }[];
      };
}

/** Reads the JSON of any query endpoint. */
export function digestAnswer(json: string): AnswerDigest {
  const { data, entries, streams, fields, values: names, detectedLabels } = JSON.parse(json) as AnswerBody;
  const list = fields ?? names ?? detectedLabels;
  if (list !== undefined) return { entries: list.length, series: Number.NaN, sum: Number.NaN };
  if (data === undefined) return { entries: entries ?? 0, series: streams ?? 0, sum: Number.NaN };
  if (!('result' in data)) return { entries: data.length, series: Number.NaN, sum: samplesOf(data) };
  const { resultType, result } = data;
  let count = 0;
  let sum = 0;
  for (const { values, value } of result) {
    const points = values ?? (value === undefined ? [] : [value]);
    count += points.length;
    if (resultType !== 'streams') for (const [, sample] of points) sum += Number(sample);
  }
  return { entries: count, series: result.length, sum: resultType === 'streams' ? Number.NaN : sum };
}

/** Sum of the counts of patterns; NaN for other lists. */
function samplesOf(list: readonly ({ readonly samples?: readonly [number, number][] } | string)[]): number {
  let sum = Number.NaN;
  for (const one of list) {
    if (typeof one === 'string' || one.samples === undefined) continue;
    for (const [, count] of one.samples) sum = (Number.isNaN(sum) ? 0 : sum) + count;
  }
  return sum;
}

/** `ok`, or what is wrong. Counts must be exact; sums of fractions may differ by rounding. */
export function judge(digest: AnswerDigest, { measure, value }: ExpectedAnswer): string {
  const got = digest[measure];
  const tolerance = Number.isInteger(value) && Number.isInteger(got) ? 0 : 1e-9 * Math.max(1, Math.abs(value));
  return Math.abs(got - value) <= tolerance ? 'ok' : `WRONG: ${got}, true ${value}`;
}
