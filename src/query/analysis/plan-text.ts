/** A text that is equal for equal plans. */
export function planText(plan: unknown): string {
  return JSON.stringify(plan, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    return value instanceof Set ? [...value] : value;
  });
}
