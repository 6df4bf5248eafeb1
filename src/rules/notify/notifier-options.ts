import type { RulerSettings } from '../model/ruler-settings.ts';

/** Counts of alerts on their way. */
export interface NotifyMeter {
  sent(manager: string, alerts: number, seconds: number): void;
  failed(manager: string, alerts: number): void;
  dropped(alerts: number): void;
}

export interface NotifierOptions {
  readonly settings: RulerSettings;
  readonly meter: NotifyMeter;
  readonly warn: (details: object, text: string) => void;
}
