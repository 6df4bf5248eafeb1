import type { ActiveAlert } from '../alert/active-alert.ts';
import type { Rule, TextMap } from '../model/rule-group.ts';
import type { RulerSettings } from '../model/ruler-settings.ts';

/** An alert as version 2 of Alertmanager's API takes it. */
export interface PostedAlert {
  readonly labels: TextMap;
  readonly annotations: TextMap;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

export function postedAlert(alert: ActiveAlert, labels: TextMap, rule: Rule, settings: RulerSettings): PostedAlert {
  return {
    labels,
    annotations: alert.annotations,
    startsAt: new Date(alert.firedAtMs).toISOString(),
    endsAt: new Date(alert.resolvedAtMs > 0 ? alert.resolvedAtMs : alert.validUntilMs).toISOString(),
    generatorURL: generatorUrl(rule, settings),
  };
}

/** A link to the query in Grafana's Explore; empty without `external_url`, for nobody could follow it. */
function generatorUrl(rule: Rule, { externalUrl, datasourceUid }: RulerSettings): string {
  if (externalUrl === '') return '';
  const left = {
    queries: [{ refId: 'A', expr: rule.expr, queryType: 'range', datasource: { type: 'loki', uid: datasourceUid } }],
    datasource: datasourceUid,
    range: { from: 'now-1h', to: 'now' },
  };
  return `${externalUrl.replace(/\/$/, '')}/explore?left=${encodeURIComponent(JSON.stringify(left))}`;
}
