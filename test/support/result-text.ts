import { type Labels, labelsFromObject } from '../../src/model/labels.ts';
import { type ResultData, resultJson } from '../../src/wire/result/result-json.ts';
import { NO_STATS } from '../../src/wire/result/stats-json.ts';

/** The body of an answer as text. */
export function resultText(data: ResultData, warnings: readonly string[] = []): string {
  return Buffer.from(resultJson(data, NO_STATS, { warnings })).toString();
}

export interface AnsweredStream {
  readonly labels: Labels;
  readonly entries: readonly { readonly timeNs: bigint; readonly line: string }[];
}

/** Streams of an answer as a client reads them. */
export function answeredStreams(data: ResultData): AnsweredStream[] {
  const { result } = (
    JSON.parse(resultText(data)) as {
      data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
    }
  ).data;
  return result.map(({ stream, values }) => ({
    labels: labelsFromObject(stream),
    entries: values.map(([time, line]) => ({ timeNs: BigInt(time), line })),
  }));
}
