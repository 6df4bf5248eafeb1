/** Codes of the detected level of a row, as the head and the level column keep it. */
export const LEVELS = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;

/** Codes are below this. */
export const LEVEL_CODES = 256;

/** The row has no detected level at all (discovery is off). */
export const LEVEL_NONE = 255;
/** The level is another text; it stands in the row's metadata under `detected_level`. */
export const LEVEL_IN_METADATA = 254;

export const LEVEL_LABEL = 'detected_level';
