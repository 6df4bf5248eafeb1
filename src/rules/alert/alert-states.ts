import { labelsToObject } from '../../model/labels.ts';
import { compileRuleTemplate, type RuleTemplate } from '../../query/pipeline/template/rule-template.ts';
import type { AlertingRule, TextMap } from '../model/rule-group.ts';
import type { Sample } from '../model/rule-query.ts';
import { errorText } from '../parse/rule-error.ts';
import { type ActiveAlert, alertKey, isDue } from './active-alert.ts';

/** A resolved alert is told of for so long: a receiver that was away hears of it too. */
const RESOLVED_RETENTION_MS = 15 * 60_000;
/** Templates of one evaluation of a rule; what is left when the time is over is shown unexpanded. */
const MAX_TEMPLATE_MS = 1000;

export interface AlertOptions {
  readonly externalLabels: TextMap;
  readonly externalUrl: string;
  readonly resendDelayMs: number;
}

/**
 * The alerts of one rule: what Prometheus's documentation calls inactive, pending and firing, with `for` and
 * `keep_firing_for`.
 */
export class AlertStates {
  readonly rule: AlertingRule;
  readonly #options: AlertOptions;
  readonly #labels: readonly (readonly [string, RuleTemplate])[];
  readonly #annotations: readonly (readonly [string, RuleTemplate])[];
  readonly #active = new Map<string, ActiveAlert>();

  constructor(rule: AlertingRule, options: AlertOptions) {
    this.rule = rule;
    this.#options = options;
    this.#labels = compiled(rule.labels);
    this.#annotations = compiled(rule.annotations);
  }

  /** Pending and firing ones. */
  alerts(): readonly ActiveAlert[] {
    return [...this.#active.values()].filter((alert) => alert.state !== 'inactive');
  }

  /** Those of before too, for as long as receivers hear of them. */
  all(): readonly ActiveAlert[] {
    return [...this.#active.values()];
  }

  /**
   * Takes alerts that were stored. Time in which nothing was evaluated does not count for `for`.
   *
   * @param downMs how long nothing was evaluated
   * @param toleranceMs pending alerts are forgotten when that was longer
   */
  restore(alerts: readonly ActiveAlert[], downMs: number, toleranceMs: number): void {
    for (const alert of alerts) {
      if (alert.state === 'pending' && downMs > toleranceMs) continue;
      const activeAtMs = alert.state === 'pending' ? alert.activeAtMs + downMs : alert.activeAtMs;
      this.#active.set(alertKey(alert.labels), { ...alert, activeAtMs });
    }
  }

  /**
   * Goes one step with the answer of the expression.
   *
   * @param limit most alerts; 0: no limit
   * @throws Error when labels are ambiguous or the limit is exceeded; the alerts are then those of before, or none
   */
  step(samples: readonly Sample[], timeMs: number, limit: number): void {
    const found = this.#found(samples, timeMs);
    const { forMs } = this.rule;
    for (const [key, alert] of found) {
      const known = this.#active.get(key);
      if (known !== undefined && known.state !== 'inactive') {
        known.value = alert.value;
        known.annotations = alert.annotations;
        known.keepFiringSinceMs = 0;
      } else this.#active.set(key, alert);
    }
    for (const [key, alert] of this.#active) {
      if (!found.has(key)) this.#lost(key, alert, timeMs);
      else if (alert.state === 'pending' && timeMs - alert.activeAtMs >= forMs) {
        alert.state = 'firing';
        alert.firedAtMs = timeMs;
      }
    }
    const count = this.alerts().length;
    if (limit > 0 && count > limit) {
      this.#active.clear();
      throw new Error(`exceeded limit of ${limit} with ${count} alerts`);
    }
  }

  /** Alerts that receivers should hear of now; they count as sent. */
  takeDue(nowMs: number, intervalMs: number): readonly ActiveAlert[] {
    const { resendDelayMs } = this.#options;
    const due = this.all().filter((alert) => isDue(alert, nowMs, resendDelayMs));
    for (const alert of due) {
      alert.lastSentAtMs = nowMs;
      alert.validUntilMs = nowMs + 4 * Math.max(intervalMs, resendDelayMs);
    }
    return due.map((alert) => ({ ...alert }));
  }

  #lost(key: string, alert: ActiveAlert, timeMs: number): void {
    if (alert.state === 'firing' && this.rule.keepFiringForMs > 0) {
      if (alert.keepFiringSinceMs === 0) alert.keepFiringSinceMs = timeMs;
      if (timeMs - alert.keepFiringSinceMs < this.rule.keepFiringForMs) return;
    }
    const isOver = alert.resolvedAtMs > 0 && timeMs - alert.resolvedAtMs > RESOLVED_RETENTION_MS;
    if (alert.state === 'pending' || isOver) this.#active.delete(key);
    else if (alert.state === 'firing') {
      alert.state = 'inactive';
      alert.resolvedAtMs = timeMs;
    }
  }

  #found(samples: readonly Sample[], timeMs: number): ReadonlyMap<string, ActiveAlert> {
    const found = new Map<string, ActiveAlert>();
    const expand = this.#expander();
    for (const { labels, value } of samples) {
      const own = labelsToObject(labels);
      delete own['__name__'];
      const data = { ...this.#options, labels: own, value };
      const all: Record<string, string> = { ...own };
      for (const [name, template] of this.#labels) {
        const text = expand(template, data);
        if (text === '') delete all[name];
        else all[name] = text;
      }
      all['alertname'] = this.rule.name;
      const annotations = Object.fromEntries(
        this.#annotations.map(([name, template]) => [name, expand(template, data)] as const),
      );
      const key = alertKey(all);
      if (found.has(key)) throw new Error('vector contains metrics with the same labelset after applying alert labels');
      found.set(key, {
        labels: all,
        annotations,
        state: 'pending',
        value,
        activeAtMs: timeMs,
        firedAtMs: 0,
        resolvedAtMs: 0,
        keepFiringSinceMs: 0,
        lastSentAtMs: 0,
        validUntilMs: 0,
      });
    }
    return found;
  }

  #expander(): (template: RuleTemplate, data: Parameters<RuleTemplate>[0]) => string {
    const endMs = performance.now() + MAX_TEMPLATE_MS;
    return (template, data) => {
      if (performance.now() > endMs) return '<error expanding template: templates of the rule take too long>';
      try {
        return template(data);
      } catch (error) {
        return `<error expanding template: ${errorText(error)}>`;
      }
    };
  }
}

function compiled(texts: TextMap): readonly (readonly [string, RuleTemplate])[] {
  return Object.entries(texts).map(([name, text]) => [name, compileRuleTemplate(text)] as const);
}
