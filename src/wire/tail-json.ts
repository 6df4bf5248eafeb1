import type { Labels } from '../model/labels.ts';
import { formatRfc3339Nano, jsonLabels, jsonText, labelText } from './json-text.ts';
import { CATEGORIZE_LABELS, categoriesJson, type ResultEntry } from './result-json.ts';

/** One entry of a live tail with the labels of its stream: complete, or only the indexed ones when categorised. */
export interface TailEntry extends ResultEntry {
  readonly labels: Labels;
}

/** An entry that was left out because the client was too slow. */
export interface DroppedTailEntry {
  readonly timeNs: bigint;
  readonly labels: Labels;
}

/** A frame of `/loki/api/v1/tail`: one stream object for each entry. */
export function tailFrame(
  entries: readonly TailEntry[],
  dropped: readonly DroppedTailEntry[],
  encodingFlags: readonly string[] = [],
): string {
  const categorized = encodingFlags.includes(CATEGORIZE_LABELS);
  const streams = entries.map((entry) => {
    const third = categorized ? `,${categoriesJson(entry)}` : '';
    return `{"stream":${jsonLabels(entry.labels)},"values":[["${entry.timeNs}",${jsonText(entry.line)}${third}]]}`;
  });
  const droppedText =
    dropped.length === 0
      ? ''
      : `,"dropped_entries":[${dropped.map((one) => `{"timestamp":"${one.timeNs}","labels":${jsonLabels(one.labels)}}`).join(',')}]`;
  const flagsText = encodingFlags.length === 0 ? '' : `,"encodingFlags":${JSON.stringify(encodingFlags)}`;
  return `{"streams":[${streams.join(',')}]${droppedText}${flagsText}}`;
}

/** A frame of the older `/api/prom/tail`: labels as one text, times as RFC 3339. */
export function legacyTailFrame(entries: readonly TailEntry[], dropped: readonly DroppedTailEntry[]): string {
  const streams = entries.map(
    (entry) =>
      `{"labels":${jsonText(labelText(entry.labels))},"entries":[{"ts":"${formatRfc3339Nano(entry.timeNs)}","line":${jsonText(entry.line)}}]}`,
  );
  const list = dropped.map(
    (one) => `{"timestamp":"${formatRfc3339Nano(one.timeNs)}","labels":${jsonText(labelText(one.labels))}}`,
  );
  return `{"streams":[${streams.join(',')}],"dropped_entries":${list.length === 0 ? 'null' : `[${list.join(',')}]`}}`;
}
