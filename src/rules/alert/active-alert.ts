import type { TextMap } from '../model/rule-group.ts';

export type AlertState = 'inactive' | 'pending' | 'firing';

/** An alert of a rule: one set of labels. Times are milliseconds since the epoch, 0: never. */
export interface ActiveAlert {
  readonly labels: TextMap;
  annotations: TextMap;
  state: AlertState;
  value: number;
  readonly activeAtMs: number;
  firedAtMs: number;
  resolvedAtMs: number;
  /** Since when the expression gives nothing for it while `keep_firing_for` holds it. */
  keepFiringSinceMs: number;
  lastSentAtMs: number;
  /** The receiver takes the alert for resolved from then on when it hears nothing more. */
  validUntilMs: number;
}

/** Labels of an alert as a key. */
export function alertKey(labels: TextMap): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether its receivers should hear of it now. */
export function isDue(alert: ActiveAlert, nowMs: number, resendDelayMs: number): boolean {
  if (alert.state === 'pending') return false;
  if (alert.resolvedAtMs > alert.lastSentAtMs) return true;
  return alert.lastSentAtMs + resendDelayMs < nowMs;
}
