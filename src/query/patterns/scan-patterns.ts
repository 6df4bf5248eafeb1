import { labelValue } from '../../model/labels.ts';
import { LEVEL_LABEL } from '../../model/level.ts';
import type { RowBlock } from '../../model/row-block.ts';
import { firstRowAfter, firstRowFrom } from '../task/row-range.ts';
import {
  emptyCounts,
  type PartLoader,
  type PatternCounts,
  type PatternScanResult,
  type PatternScanTask,
} from '../task/task.ts';
import { PartList } from '../task/task-parts.ts';
import { DrainTree } from './drain-tree.ts';
import { LineWords } from './line-words.ts';

/** Knuth's multiplier: successive numbers land far apart. */
const SPREAD = 2_654_435_761;
/** Rows carry no metadata but their level here. */
const LEVEL_ONLY: ReadonlySet<string> = new Set();
/** Of one line after the other. */
const words = new LineWords();

/** Finds the patterns of the lines of a task's parts, a tree for each level. */
export function scanPatterns(task: PatternScanTask, load: PartLoader): PatternScanResult {
  const counts = emptyCounts();
  const trees = new Map<string, DrainTree>();
  const parts = new PartList(task.parts);
  for (let i = 0; i < parts.count; i++) {
    const fromOffsetNs = parts.fromOffsetNs(i);
    const toOffsetNs = parts.toOffsetNs(i);
    const options = {
      fromOffsetNs,
      toOffsetNs,
      lines: true,
      metadata: true,
      metadataNames: LEVEL_ONLY,
      reverse: false,
      needles: [],
    };
    for (const block of load(parts.part(i), options, counts)) {
      const first = firstRowFrom(block, fromOffsetNs);
      const end = firstRowAfter(block, toOffsetNs);
      counts.rowsScanned += Math.max(0, end - first);
      addRows(block, first, end, task, trees);
    }
  }
  const patterns: PatternCounts[] = [];
  for (const [level, tree] of trees) {
    for (const { tokens, lines } of tree.clusters) {
      patterns.push({
        level,
        tokens,
        buckets: Uint32Array.from(lines.keys()),
        lines: Float64Array.from(lines.values()),
      });
    }
  }
  return { kind: 'patterns', patterns, counts };
}

function addRows(
  block: RowBlock,
  first: number,
  end: number,
  task: PatternScanTask,
  trees: Map<string, DrainTree>,
): void {
  const baseOffsetNs = Number(task.baseNs - block.dayStartNs);
  const treeOfMetadata = new Map<number, DrainTree>();
  for (let start = first, window = 0; start < end; start += task.stride, window++) {
    const lines = Math.min(task.stride, end - start);
    // Not always the same place: lines may come in turns.
    const row = start + ((Math.imul(window, SPREAD) >>> 0) % lines);
    const id = block.metadataId(row);
    let tree = treeOfMetadata.get(id);
    if (tree === undefined) {
      const level = labelValue(block.metadata(id), LEVEL_LABEL) ?? 'unknown';
      tree = trees.get(level) ?? new DrainTree();
      trees.set(level, tree);
      treeOfMetadata.set(id, tree);
    }
    const lineStart = block.lineStarts[row]!;
    const lineEnd = block.lineEnds[row]!;
    if (lineStart === lineEnd) continue;
    words.readLine(block.bytes, lineStart, lineEnd);
    tree.add(words).count(Math.floor((block.times[row]! - baseOffsetNs) / task.stepNs), lines);
  }
}
