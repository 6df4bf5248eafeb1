import type { RangeAggExpr, VectorAggExpr } from '../../../grammar/ast.ts';
import { giveBackMemorySoon } from '../../base/spare-memory.ts';
import type { LabelTable } from '../../store/segments/shared-labels.ts';
import { runsOf, type Selection } from '../../store/snapshot/query-store.ts';
import type { Stretches } from '../../store/snapshot/stretches.ts';
import { SeriesMemory } from '../aggregate/series-memory.ts';
import type { VectorValue } from '../aggregate/series-set.ts';
import { checkBytesRead } from '../analysis/check-query.ts';
import { scanGrouping } from '../analysis/fold.ts';
import type { EvaluationGrid } from '../analysis/grid.ts';
import { labelTexts } from '../analysis/label-texts.ts';
import { planText } from '../analysis/plan-text.ts';
import { compileSelector } from '../analysis/selectors.ts';
import { wantedLevels } from '../analysis/wanted-levels.ts';
import { metricPipelineOptions } from '../pipeline/build.ts';
import { answerNames } from '../pipeline/needed-labels.ts';
import { planSelected } from '../plan/run-plan.ts';
import type { ScanPlan } from '../plan/scan-plan.ts';
import { planTasks } from '../plan/task-plan.ts';
import { SampleMerger } from '../result/metric-scan.ts';
import { textsOf, wantedMetadata } from '../scan/scan-pipeline.ts';
import { suitsBlockBytes, takeBlockBytes } from '../statistics/block-bytes.ts';
import { tallyResult, tallySeries } from '../statistics/tally-result.ts';
import { suits } from '../statistics/tally-rules.ts';
import { type LeftToScan, TallyScan } from '../statistics/tally-scan.ts';
import { TallySeries } from '../statistics/tally-series.ts';
import type { TallyTable } from '../statistics/tally-table.ts';
import {
  emptyCounts,
  type SampleScan,
  type SampleScanResult,
  type SampleScanTask,
  type ScanResult,
} from '../task/task.ts';
import type { QueryDeps } from './query-deps.ts';
import type { QueryWork } from './query-work.ts';
import { runTasks } from './task-queue.ts';

/** Plans and runs the sample scans of one metric query; equal scans run once. */
export class MetricScans {
  readonly #grid: EvaluationGrid;
  readonly #deps: QueryDeps;
  readonly #work: QueryWork;
  /** Of all scans, in all threads. */
  readonly #memory: SeriesMemory;
  readonly #started = new Map<string, Promise<VectorValue>>();

  constructor(grid: EvaluationGrid, deps: QueryDeps, work: QueryWork) {
    this.#grid = grid;
    this.#deps = deps;
    this.#work = work;
    this.#memory = new SeriesMemory(undefined, work.runner.parallelism);
  }

  /** To be called when the query has ended, however it did. */
  close(): void {
    if (this.#memory.isLarge) giveBackMemorySoon();
  }

  /**
   * Series of a range aggregation over the grid, in the order of labels.
   *
   * @param outer the vector aggregation right around it, if any
   * @param folded the scan shall make the groups of `outer` at once
   */
  scan(range: RangeAggExpr, outer: VectorAggExpr | undefined, folded: boolean): Promise<VectorValue> {
    const scan = this.#plan(range, outer, folded);
    const key = planText([range, scan.grouping, scan.options]);
    const running = this.#started.get(key) ?? this.#run(range, scan);
    this.#started.set(key, running);
    return running;
  }

  #plan(range: RangeAggExpr, outer: VectorAggExpr | undefined, folded: boolean): SampleScan {
    const { log, unwrap, rangeNs, offsetNs } = range.range;
    const grouping = scanGrouping(range, folded ? outer : undefined);
    const options = metricPipelineOptions(range, outer);
    const names = folded && options.hints?.names === undefined ? answerNames(range, grouping) : undefined;
    return {
      op: range.op,
      stages: log.stages,
      unwrap,
      grouping,
      options: names === undefined ? options : { ...options, answerNames: names },
      grid: {
        baseNs: this.#grid.startNs - offsetNs,
        count: this.#grid.count,
        stepNs: Number(this.#grid.stepNs),
        rangeNs: Number(rangeNs),
      },
    };
  }

  async #run(range: RangeAggExpr, scan: SampleScan): Promise<VectorValue> {
    const { log, rangeNs } = range.range;
    const fromNs = scan.grid.baseNs - rangeNs + 1n;
    const toNs = scan.grid.baseNs + BigInt(this.#grid.count - 1) * this.#grid.stepNs;
    const merger = new SampleMerger(scan, this.#memory);
    if (fromNs <= toNs) {
      const { store, tenant, limits } = this.#deps;
      const selection = store.select(tenant, compileSelector(log.matchers), { startNs: fromNs, endNs: toNs });
      try {
        await selection.leaveOut?.({
          texts: textsOf(scan.stages, scan.options),
          labels: labelTexts(scan.stages),
          // Where statistics answer, they know levels better.
          levels: suits(scan) ? undefined : wantedLevels(scan.stages),
        });
        this.#work.addStep(log, selection, fromNs, toNs);
        checkBytesRead(this.#work.selectedBytes, limits);
        const tallied = this.#tallied(scan, selection);
        if (tallied?.left.numbers.length === 0 && scan.op !== 'absent_over_time')
          return tallySeries(scan, tallied.table, tallied.series);
        if (tallied !== undefined) merger.add(tallyResult(tallied.table, tallied.series));
        const { parallelism } = this.#work.runner;
        const left = tallied?.left ?? this.#withoutBlockBytes(scan, selection, merger);
        const tasks =
          left === undefined
            ? planSelected(runsOf(selection), fromNs, toNs, parallelism)
            : planTasks(left.stretches, fromNs, toNs, parallelism, left.numbers);
        await this.#runTasks(scan, tasks, merger);
      } finally {
        selection.release();
      }
    }
    return merger.finish(range);
  }

  /** Takes sums of bytes that statistics know, and returns what is left to be scanned; undefined: all. */
  #withoutBlockBytes(
    scan: SampleScan,
    selection: Selection,
    merger: SampleMerger,
  ): { readonly stretches: Stretches; readonly numbers?: undefined } | undefined {
    if (!suitsBlockBytes(scan)) return undefined;
    const { stretches } = selection;
    const series = this.#seriesOf(scan, stretches.labelTable);
    if (series.levelMatters || series.needsLines) return undefined;
    const { result, left } = takeBlockBytes(scan, stretches, series);
    this.#work.addCounts(result.counts);
    merger.add(result);
    return { stretches: left };
  }

  #seriesOf(scan: SampleScan, labelTable: LabelTable): TallySeries {
    return this.#deps.series?.of(this.#deps.tenant, scan, labelTable) ?? new TallySeries(scan, labelTable);
  }

  /** Takes what statistics can answer; undefined: nothing. */
  #tallied(
    scan: SampleScan,
    selection: Selection,
  ): { readonly table: TallyTable; readonly series: TallySeries; readonly left: LeftToScan } | undefined {
    if (!suits(scan)) return undefined;
    const { tallies, series: known } = this.#deps;
    const selected = runsOf(selection);
    const series = this.#seriesOf(scan, selected.others.labelTable);
    if (series.needsLines) return undefined;
    const tally = new TallyScan(scan, series, known === undefined ? undefined : tallies);
    const left = tally.take(selected);
    this.#work.addCounts({ ...emptyCounts(), rowsMatched: tally.table.total() });
    return { table: tally.table, series, left };
  }

  /** Runs what no kept result answers; results are merged in the order of the tasks either way. */
  async #runTasks(scan: SampleScan, tasks: readonly ScanPlan[], merger: SampleMerger): Promise<void> {
    const results = new Map<ScanPlan, SampleScanResult>();
    const keys = new Map<ScanPlan, string>();
    const cache = this.#deps.results;
    const plan = tasks.length === 0 ? undefined : cache?.planOf(scan);
    if (cache !== undefined && plan !== undefined) {
      for (const task of tasks) {
        const key = cache.keyOf(plan, task);
        if (key === undefined) continue;
        const known = cache.get(key, plan, scan);
        if (known === undefined) keys.set(task, key);
        else results.set(task, known);
      }
    }
    const missing = tasks.filter((task) => !results.has(task));
    this.#work.onTasks(missing.length);
    this.#work.onKept(results.size);
    let merged = 0;
    const mergeKnown = (): void => {
      for (let known = results.get(tasks[merged]!); known !== undefined; known = results.get(tasks[++merged]!))
        merger.add(known);
    };
    const onResult = (result: ScanResult): void => {
      if (result.kind !== 'samples') return;
      mergeKnown();
      this.#work.addCounts(result.counts);
      const task = tasks[merged++]!;
      const key = keys.get(task);
      if (key !== undefined) cache!.put(key, scan, result);
      merger.add(result);
    };
    const { runner, signal } = this.#work;
    const isTight = (): boolean => this.#memory.isTight;
    await runTasks(sampleTasks(missing, scan, this.#memory.memory), runner, signal, onResult, isTight);
    mergeKnown();
  }
}

/** Made as they are asked for: the blocks of thousands of streams are many objects. */
function* sampleTasks(
  planned: readonly ScanPlan[],
  scan: SampleScan,
  memory: SharedArrayBuffer,
): Iterable<SampleScanTask> {
  const names = wantedMetadata(scan);
  for (const task of planned) yield { kind: 'samples', parts: task.parts(names), scan, memory };
}
