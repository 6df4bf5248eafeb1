import { goQuote } from '../../grammar/literals.ts';
import type { Entry, SampleResult } from './entries.ts';
import type { OutputFormat } from './options.ts';

/** `{app="a", env="b"}` */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${name}=${goQuote(value)}`).join(', ')}}`;
}

/** `2026-11-23T19:59:11.451349811Z` */
function formatTime(timeNs: bigint): string {
  const second = timeNs / 1_000_000_000n - (timeNs % 1_000_000_000n < 0n ? 1n : 0n);
  const nanos = timeNs - second * 1_000_000_000n;
  return `${new Date(Number(second) * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
}

/** One entry with its newline. */
export function formatEntry(entry: Entry, format: OutputFormat): string {
  switch (format) {
    case 'raw':
      return `${entry.line}\n`;
    case 'jsonl':
      return `${JSON.stringify({ timestamp: formatTime(entry.timeNs), labels: entry.labels, line: entry.line })}\n`;
    case 'default':
      return `${formatTime(entry.timeNs)} ${formatLabels(entry.labels)} ${entry.line}\n`;
  }
}

type Sample = readonly [number, string];
interface Series {
  readonly metric: Record<string, string>;
  readonly values?: readonly Sample[];
  readonly value?: Sample;
}

/** Samples of a metric query: one line for each, or one JSON object for each series. */
export function formatSamples(data: SampleResult, format: OutputFormat): string {
  const series: readonly Series[] =
    data.resultType === 'scalar' ? [{ metric: {}, value: data.result as Sample }] : (data.result as readonly Series[]);
  if (format === 'jsonl') return series.map((item) => `${JSON.stringify(item)}\n`).join('');
  let text = '';
  for (const { metric, values, value } of series) {
    for (const [seconds, number] of values ?? (value === undefined ? [] : [value])) {
      const time = new Date(seconds * 1000).toISOString();
      text += format === 'raw' ? `${number}\n` : `${time} ${formatLabels(metric)} ${number}\n`;
    }
  }
  return text;
}
