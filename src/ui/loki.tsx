/** A line as it is shown: time in exact nanoseconds as text, never a float. */
export interface Row {
  readonly timeNs: string;
  readonly line: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Bar {
  readonly timeSeconds: number;
  readonly count: number;
}

async function ask(path: string, params: Record<string, string>, signal: AbortSignal): Promise<unknown> {
  // Relative, so that the page works behind any path prefix.
  const answer = await fetch(`../loki/api/v1/${path}?${new URLSearchParams(params)}`, {
    signal,
    headers: { 'X-Query-Tags': 'Source=halogi-ui' },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim() || `the server answered ${answer.status}`);
  return JSON.parse(text);
}

interface Streams {
  readonly data: { readonly result: readonly { stream: Record<string, string>; values: [string, string][] }[] };
}

interface Matrix {
  readonly data: { readonly result: readonly { values: [number, string][] }[] };
}

function newestFirst(a: Row, b: Row): number {
  const difference = BigInt(b.timeNs) - BigInt(a.timeNs);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** Newest lines of a query, newest first; throws the server's own text. */
export async function fetchRows(
  query: string,
  range: { start: string; end: string },
  limit: number,
  signal: AbortSignal,
): Promise<Row[]> {
  const answer = (await ask('query_range', { query, ...range, limit: String(limit) }, signal)) as Streams;
  const rows = answer.data.result.flatMap(({ stream, values }) =>
    values.map(([timeNs, line]) => ({ timeNs, line, labels: stream })),
  );
  return rows.sort(newestFirst);
}

/** Lines by step of a query; its answer is that of `count_over_time`. */
export async function fetchBars(
  query: string,
  range: { start: string; end: string },
  stepSeconds: number,
  signal: AbortSignal,
): Promise<Bar[]> {
  const sum = `sum(count_over_time(${query} [${stepSeconds}s]))`;
  const answer = (await ask('query_range', { query: sum, ...range, step: `${stepSeconds}` }, signal)) as Matrix;
  const values = answer.data.result[0]?.values ?? [];
  return values.map(([timeSeconds, count]) => ({ timeSeconds, count: Number(count) }));
}

/** The time of a row in the browser's zone, with all nine digits. */
export function timeText(timeNs: string): string {
  const date = new Date(Number(BigInt(timeNs) / 1_000_000n));
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}.${timeNs.padStart(9, '0').slice(-9)}`;
}
