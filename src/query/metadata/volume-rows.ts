import { LogError } from '../../base/errors.ts';
import { type Labels, labelsFromPairs, labelsKey, labelValue } from '../../model/labels.ts';
import { LEVEL_LABEL } from '../../model/level.ts';
import type { LabelTable } from '../../store/segments/shared-labels.ts';
import type { VolumeParams } from '../../wire/query-params.ts';
import { TallySeries } from '../statistics/tally-series.ts';
import type { SampleScan } from '../task/task.ts';
import type { MetadataDeps } from './labels.ts';

const NONE: readonly number[] = [];

/** Rows of an answer by stream: the labels of each stream are looked at once, or less where streams were grouped alike before. */
export class VolumeRows {
  /** By row number. */
  readonly labels: Labels[] = [];
  readonly #params: VolumeParams;
  readonly #names: readonly string[];
  readonly #labelTable: LabelTable;
  readonly #maxRows: number;
  readonly #byKey = new Map<string, number>();
  /** By stream id. */
  readonly #byStream: (readonly number[] | undefined)[];
  /** Groups of streams that have the same values of the wanted names; undefined: each stream is looked at. */
  readonly groups: TallySeries | undefined;
  readonly #byGroup: (readonly number[] | undefined)[] = [];

  /**
   * @param names that tell the rows apart; none: all of the stream
   * @param largestId of all streams that will be asked for
   */
  constructor(
    names: readonly string[],
    params: VolumeParams,
    labelTable: LabelTable,
    largestId: number,
    { limits, tenant, series }: MetadataDeps,
  ) {
    this.#names = names;
    this.#params = params;
    this.#labelTable = labelTable;
    this.#maxRows = limits.volumeMaxSeries;
    this.#byStream = new Array<readonly number[] | undefined>(largestId + 1).fill(undefined);
    const isGrouped = params.aggregateBy === 'series' && names.length > 0 && names.every(isPlainName);
    const plan = groupingPlan(names);
    if (isGrouped) this.groups = series?.of(tenant, plan, labelTable) ?? new TallySeries(plan, labelTable);
  }

  /** Numbers of the rows that a stream counts for. @throws LogError QUERY_LIMIT when there are more than `volume_max_series` */
  of(streamId: number): readonly number[] {
    let rows = this.#byStream[streamId];
    if (rows === undefined) {
      rows = this.#rowsOf(streamId);
      this.#byStream[streamId] = rows;
    }
    return rows;
  }

  #rowsOf(streamId: number): readonly number[] {
    if (this.groups === undefined) return this.#make(this.#labelTable.labels(streamId));
    const group = this.groups.of(streamId, 0);
    return group < 0 ? NONE : this.ofGroup(group);
  }

  /** Numbers of the rows that a group of streams counts for. @throws LogError as `of` */
  ofGroup(group: number): readonly number[] {
    let rows = this.#byGroup[group];
    if (rows === undefined) {
      rows = this.#make(this.groups!.labels[group]!);
      this.#byGroup[group] = rows;
    }
    return rows;
  }

  #make(stream: Labels): readonly number[] {
    return volumeLabels(stream, this.#names, this.#params).map((labels) => this.#row(labels));
  }

  #row(labels: Labels): number {
    const key = labelsKey(labels);
    let row = this.#byKey.get(key);
    if (row === undefined) {
      if (this.#maxRows > 0 && this.#byKey.size >= this.#maxRows) {
        throw new LogError(
          'QUERY_LIMIT',
          `the query hit the max number of series limit (limit: ${this.#maxRows} series)`,
        );
      }
      row = this.labels.push(labels) - 1;
      this.#byKey.set(key, row);
    }
    return row;
  }
}

/** Not one that means something else in a grouping of rows. */
function isPlainName(name: string): boolean {
  return name !== LEVEL_LABEL && !name.startsWith('__');
}

/** Groups streams as a count by these names does. */
function groupingPlan(names: readonly string[]): SampleScan {
  return {
    op: 'count_over_time',
    stages: [],
    unwrap: undefined,
    grouping: { without: false, labels: names },
    options: {},
    grid: { baseNs: 0n, count: 1, stepNs: 1, rangeNs: 1 },
  };
}

/** The rows that a stream counts for. */
function volumeLabels(stream: Labels, names: readonly string[], params: VolumeParams): Labels[] {
  if (params.aggregateBy === 'labels') {
    const wanted = params.targetLabels.length > 0 ? new Set(params.targetLabels) : undefined;
    const out: Labels[] = [];
    for (let i = 0; i < stream.length; i += 2) if (wanted?.has(stream[i]!) ?? true) out.push([stream[i]!, '']);
    return out;
  }
  if (names.length === 0) return [stream];
  const pairs: [string, string][] = [];
  for (const name of names) {
    const value = labelValue(stream, name);
    if (value !== undefined) pairs.push([name, value]);
    else if (params.targetLabels.length > 0) return [];
  }
  return [labelsFromPairs(pairs)];
}
