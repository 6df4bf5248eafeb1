import { labelsToObject } from '../../model/labels.ts';
import type { ActiveAlert } from '../alert/active-alert.ts';
import { type AlertOptions, AlertStates } from '../alert/alert-states.ts';
import {
  groupKey,
  type RecordingRule,
  type Rule,
  type RuleGroup,
  ruleKeys,
  type TextMap,
} from '../model/rule-group.ts';
import type { RuleQueries, Sample } from '../model/rule-query.ts';
import { errorText } from '../parse/rule-error.ts';
import type { StoredGroup } from '../store/alert-store.ts';
import { slotAt, slotOffsetMs } from './slots.ts';
import type { Turns } from './turns.ts';

/** Timers of Node hold no longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Evaluations of recording rules that a restart makes up for, at most. */
const MAX_CATCH_UP = 60;

export interface RecordedSample {
  readonly labels: TextMap;
  /** Undefined: the series has ended. */
  readonly value: number | undefined;
  readonly timeMs: number;
}

/** Counts of a group, as metrics show them. */
export interface GroupMeter {
  evaluated(seconds: number, isFailure: boolean): void;
  iterated(lastSlotMs: number, seconds: number, missed: number): void;
}

export interface GroupDeps {
  readonly tenant: string;
  readonly queries: RuleQueries;
  readonly turns: Turns;
  readonly alerts: AlertOptions;
  readonly outageToleranceMs: number;
  readonly nowMs: () => number;
  readonly meter: GroupMeter;
  /** `ruler_evaluation_delay_duration` of the tenant. */
  readonly delayMs: () => number;
  readonly failed: (rule: Rule, group: RuleGroup, error: unknown) => void;
  readonly notify: (alerts: readonly ActiveAlert[], rule: Rule) => void;
  /** Resolves when the samples are on disk. */
  readonly record: (samples: readonly RecordedSample[]) => Promise<void>;
  /** The state of the group has changed; resolves when it is on disk. */
  readonly save: () => Promise<void>;
}

export interface RuleStatus {
  readonly rule: Rule;
  health: 'unknown' | 'ok' | 'err';
  lastError: string;
  /** Milliseconds since the epoch, 0: never. */
  lastEvaluationMs: number;
  evaluationSeconds: number;
}

interface RuleWork extends RuleStatus {
  readonly key: string;
  readonly states: AlertStates | undefined;
  /** Series of the last evaluation of a recording rule. */
  series: ReadonlyMap<string, TextMap>;
}

/** Evaluates one group, slot after slot. */
export class GroupRunner {
  readonly group: RuleGroup;
  readonly #deps: GroupDeps;
  readonly #offsetMs: number;
  readonly #rules: readonly RuleWork[];
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  /** The slot that was evaluated last, 0: none. */
  lastSlotMs = 0;
  evaluationSeconds = 0;

  constructor(group: RuleGroup, deps: GroupDeps) {
    this.group = group;
    this.#deps = deps;
    this.#offsetMs = slotOffsetMs(deps.tenant, groupKey(group), group.intervalMs);
    const keys = ruleKeys(group.rules);
    this.#rules = group.rules.map((rule, index) => ({
      rule,
      key: keys[index]!,
      health: 'unknown',
      lastError: '',
      lastEvaluationMs: 0,
      evaluationSeconds: 0,
      states: rule.kind === 'alerting' ? new AlertStates(rule, deps.alerts) : undefined,
      series: new Map(),
    }));
  }

  get rules(): readonly RuleStatus[] {
    return this.#rules;
  }

  /** Pending and firing alerts of a rule. */
  alertsOf(index: number): readonly ActiveAlert[] {
    return this.#rules[index]?.states?.alerts() ?? [];
  }

  stored(): StoredGroup {
    const rules: Record<string, readonly ActiveAlert[]> = {};
    for (const { key, states } of this.#rules) {
      const alerts = states?.all() ?? [];
      if (alerts.length > 0) rules[key] = alerts;
    }
    return { lastSlotMs: this.lastSlotMs, rules };
  }

  restore(stored: StoredGroup): void {
    // A clock that was ahead must not stop the group until then.
    this.lastSlotMs = Math.min(stored.lastSlotMs, this.#currentSlot());
    const downMs = this.#currentSlot() - this.lastSlotMs;
    for (const { key, states } of this.#rules) {
      const alerts = stored.rules[key];
      if (alerts !== undefined) states?.restore(alerts, downMs, this.#deps.outageToleranceMs);
    }
  }

  start(): void {
    this.#running = this.#catchUp().finally(() => this.#schedule());
  }

  /** Ends the evaluation that runs and starts no other. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('rules are being stopped'));
    clearTimeout(this.#timer);
    await this.#running;
  }

  #currentSlot(): number {
    return slotAt(this.#deps.nowMs(), this.group.intervalMs, this.#offsetMs);
  }

  #schedule(): void {
    if (this.#stopped.signal.aborted) return;
    const { intervalMs } = this.group;
    const currentMs = this.#currentSlot();
    // One slot ahead is the timer's haste; more is a clock that was set back.
    const isAhead = this.lastSlotMs > currentMs + intervalMs;
    const slotMs = (isAhead ? currentMs : Math.max(currentMs, this.lastSlotMs)) + intervalMs;
    const wait = (): void => {
      const leftMs = slotMs - this.#deps.nowMs();
      if (leftMs > 0) {
        this.#timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS));
        this.#timer.unref();
        return;
      }
      this.#running = this.#iterate(slotMs).finally(() => this.#schedule());
    };
    wait();
  }

  /** What recording rules missed while the server was down: the logs are there, so the samples can be. */
  async #catchUp(): Promise<void> {
    const { intervalMs } = this.group;
    if (this.lastSlotMs === 0 || !this.group.rules.some((rule) => rule.kind === 'recording')) return;
    const lastMs = this.#currentSlot();
    const firstMs = Math.max(this.lastSlotMs + intervalMs, lastMs - (MAX_CATCH_UP - 1) * intervalMs);
    for (let slotMs = firstMs; slotMs <= lastMs && !this.#stopped.signal.aborted; slotMs += intervalMs)
      await this.#iterate(slotMs, slotMs < lastMs);
  }

  async #iterate(slotMs: number, onlyRecording = false): Promise<void> {
    const startedMs = performance.now();
    const { meter, nowMs, save } = this.#deps;
    for (const work of this.#rules) {
      if (this.#stopped.signal.aborted) return;
      if (onlyRecording && work.rule.kind === 'alerting') continue;
      await this.#deps.turns.run(() => this.#evaluate(work, slotMs));
    }
    if (this.#stopped.signal.aborted) return;
    this.lastSlotMs = slotMs;
    this.evaluationSeconds = (performance.now() - startedMs) / 1000;
    const missed = onlyRecording ? 0 : Math.floor(Math.max(0, nowMs() - slotMs) / this.group.intervalMs);
    meter.iterated(slotMs, this.evaluationSeconds, missed);
    await save();
  }

  async #evaluate(work: RuleWork, slotMs: number): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const { group } = this;
    const { queries, tenant, delayMs, meter, notify, nowMs, failed } = this.#deps;
    const startedMs = performance.now();
    const timeMs = slotMs - (group.queryOffsetMs ?? delayMs());
    try {
      const source = group.sourceTenant ?? tenant;
      const { samples } = await queries.instant(source, work.rule.query, timeMs, this.#stopped.signal);
      if (work.rule.kind === 'recording') await this.#record(work, work.rule, samples, timeMs);
      else {
        work.states!.step(samples, slotMs, group.limit);
        notify(work.states!.takeDue(nowMs(), group.intervalMs), work.rule);
      }
      work.health = 'ok';
      work.lastError = '';
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      work.health = 'err';
      work.lastError = errorText(error);
      failed(work.rule, group, error);
    }
    work.lastEvaluationMs = slotMs;
    work.evaluationSeconds = (performance.now() - startedMs) / 1000;
    meter.evaluated(work.evaluationSeconds, work.health === 'err');
  }

  async #record(work: RuleWork, rule: RecordingRule, samples: readonly Sample[], timeMs: number): Promise<void> {
    const { limit } = this.group;
    if (limit > 0 && samples.length > limit)
      throw new Error(`exceeded limit of ${limit} with ${samples.length} series`);
    const series = new Map<string, TextMap>();
    const out: RecordedSample[] = [];
    for (const { labels: own, value } of samples) {
      const labels: Record<string, string> = { ...labelsToObject(own), __name__: rule.name };
      for (const [name, text] of Object.entries(rule.labels)) {
        if (text === '') delete labels[name];
        else labels[name] = text;
      }
      const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      if (series.has(key)) throw new Error('vector contains metrics with the same labelset after applying rule labels');
      series.set(key, labels);
      out.push({ labels, value, timeMs });
    }
    for (const [key, labels] of work.series) if (!series.has(key)) out.push({ labels, value: undefined, timeMs });
    await this.#deps.record(out);
    work.series = series;
  }
}
