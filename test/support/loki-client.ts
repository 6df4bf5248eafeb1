/** One entry of a log query. */
export interface FoundLine {
  /** Labels of its result stream: stream labels, structured metadata, parsed labels. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ns: bigint;
  readonly line: string;
}

export interface AskOptions {
  readonly startNs: bigint;
  /** Included. */
  readonly endNs: bigint;
  readonly tenant?: string;
}

interface RangeAnswer {
  readonly data: {
    readonly resultType: string;
    readonly result: readonly {
      readonly stream?: Record<string, string>;
      readonly metric?: Record<string, string>;
      readonly values: readonly (readonly [string | number, string])[];
    }[];
  };
}

async function queryRange(
  url: string,
  query: string,
  options: AskOptions,
  extra: Record<string, string>,
): Promise<RangeAnswer> {
  const parameters = new URLSearchParams({ query, ...extra });
  const headers: Record<string, string> = options.tenant === undefined ? {} : { 'x-scope-orgid': options.tenant };
  const response = await fetch(`${url}/loki/api/v1/query_range?${parameters}`, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${query}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** Reads up to `limit` lines, oldest first in each result stream. */
export async function readLines(url: string, query: string, options: AskOptions, limit = 5000): Promise<FoundLine[]> {
  const answer = await queryRange(url, query, options, {
    start: String(options.startNs),
    end: String(options.endNs + 1n),
    direction: 'forward',
    limit: String(limit),
  });
  return answer.data.result.flatMap(({ stream, values }) =>
    values.map(([ns, line]) => ({ labels: stream ?? {}, ns: BigInt(ns), line })),
  );
}

/** Counts lines by `count_over_time` over the whole range. */
export async function countLines(url: string, selector: string, options: AskOptions): Promise<number> {
  const seconds = (options.endNs - options.startNs) / 1_000_000_000n + 2n;
  const at = String(options.startNs + seconds * 1_000_000_000n - 1n);
  const answer = await queryRange(url, `sum(count_over_time(${selector}[${seconds}s]))`, options, {
    start: at,
    end: at,
    step: '1s',
  });
  return Number(answer.data.result[0]?.values[0]?.[1] ?? 0);
}
