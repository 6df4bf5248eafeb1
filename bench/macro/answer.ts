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
  readonly data?:
    | readonly unknown[]
    | {
        readonly resultType: string;
        readonly result: readonly { values?: readonly [unknown, string][]; value?: [unknown, string] }[];
      };
}

/** Reads the JSON of any query endpoint. */
export function digestAnswer(json: string): AnswerDigest {
  const { data, entries, streams } = JSON.parse(json) as AnswerBody;
  if (data === undefined) return { entries: entries ?? 0, series: streams ?? 0, sum: Number.NaN };
  if (!('result' in data)) return { entries: data.length, series: Number.NaN, sum: Number.NaN };
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

/** `ok`, or what is wrong. Counts must be exact; sums of fractions may differ by rounding. */
export function judge(digest: AnswerDigest, { measure, value }: ExpectedAnswer): string {
  const got = digest[measure];
  const tolerance = Number.isInteger(value) && Number.isInteger(got) ? 0 : 1e-9 * Math.max(1, Math.abs(value));
  return Math.abs(got - value) <= tolerance ? 'ok' : `WRONG: ${got}, true ${value}`;
}
