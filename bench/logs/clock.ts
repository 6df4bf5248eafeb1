const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The current second of the logs in the notations that log lines use; texts are made once a second. */
export class LogClock {
  /** `2026-06-01T12:00:00` */
  iso = '';
  /** `2026-06-01 12:00:00` */
  spaced = '';
  /** `01/Jun/2026:12:00:00 +0000`, the access log's */
  access = '';
  /** `01 Jun 2026 12:00:00` */
  long = '';
  /** Three digits. */
  milliseconds = '000';
  #second = -1;

  set(second: number, milliseconds: number): void {
    this.milliseconds = String(milliseconds).padStart(3, '0');
    if (second === this.#second) return;
    this.#second = second;
    const date = new Date(second * 1000);
    this.iso = date.toISOString().slice(0, 19);
    const [day, time] = this.iso.split('T') as [string, string];
    const [year, , dayOfMonth] = day.split('-') as [string, string, string];
    const month = MONTHS[date.getUTCMonth()]!;
    this.spaced = `${day} ${time}`;
    this.access = `${dayOfMonth}/${month}/${year}:${time} +0000`;
    this.long = `${dayOfMonth} ${month} ${year} ${time}`;
  }
}
