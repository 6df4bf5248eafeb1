import { NO_HEADS } from '../../src/query/task/task-heads.ts';
import {
  LOOSE,
  P_FIRST,
  P_FROM,
  P_LABELS,
  P_SOURCE,
  P_STREAM,
  P_TO,
  PART_FIELDS,
  type TaskParts,
} from '../../src/query/task/task-parts.ts';
import { LabelTable } from '../../src/store/segments/shared-labels.ts';
import type { PartRef } from '../../src/store/snapshot/select.ts';

/** Parts that stand for themselves, with their wanted times. */
export function looseParts(
  parts: readonly { readonly part: PartRef; readonly fromOffsetNs: number; readonly toOffsetNs: number }[],
): TaskParts {
  const numbers = new Float64Array(parts.length * PART_FIELDS);
  const labels = new LabelTable((i) => parts[i]!.part.streamLabels);
  for (const [i, { part, fromOffsetNs, toOffsetNs }] of parts.entries()) {
    const at = i * PART_FIELDS;
    numbers[at + P_SOURCE] = LOOSE;
    numbers[at + P_FIRST] = i;
    numbers[at + P_STREAM] = part.streamId;
    numbers[at + P_LABELS] = labels.placeOf(i);
    numbers[at + P_FROM] = fromOffsetNs;
    numbers[at + P_TO] = toOffsetNs;
  }
  const loose = parts.map(({ part }) => part);
  return { count: parts.length, numbers, segments: [], labels: labels.shared, heads: NO_HEADS, loose };
}
