/**
 * Deviations of Loki 3.6.7 from its own documentation which queries in the field may depend on, each behind a switch.
 * True means: behave as the real server does.
 */

/** Line filters move in front of the other stages of their run, so `| decolorize |= "x"` tests the coloured line. */
export const HOIST_LINE_FILTERS = true;

/** A label filter of one predicate drops the line inside a parser as soon as its label is extracted, wherever the filter stands. */
export const EARLY_LABEL_FILTER_DROP = true;

/** A `line_format` of a metric query that no parser or line filter follows is deleted unseen, with its template errors. */
export const DELETE_TRAILING_LINE_FORMAT = true;

/** Byte thresholds of label filters are rounded through their printed form: `1536B` acts as 1500. */
export const ROUND_BYTE_LITERALS = true;

/** Regex shapes are replaced by literal tests, which loses the anchors of label filters in concatenations. */
export const SIMPLIFY_REGEXES = true;

/** Always-true alternatives of an `or` list are thrown away instead of making the list true. */
export const DISCARD_TRUE_ALTERNATIVES = true;

/** `ip(...)` in a positive `or` list is literal text. */
export const IP_IN_OR_LIST_IS_TEXT = true;

/** `__error_details__` reads as empty in label filters. */
export const ERROR_DETAILS_UNREADABLE = true;

/** A `line_format` made only of text and `{{.name}}` does not see `__error__` and `__error_details__`. */
export const PLAIN_LINE_FORMAT_HIDES_ERRORS = true;

/** Metric queries that need no labels skip their parsers, and with them the parsers' errors. */
export const SKIP_UNNEEDED_PARSERS = true;

/**
 * A blank top-level JSON key makes a label without a name, and the real server then fails the whole query with status
 * 500. Off on purpose: such a key is skipped here.
 */
export const BLANK_JSON_KEY_FAILS = false;

/**
 * The choice of the `_extracted` suffix is remembered by key over all streams of a query in the real server, so that it
 * depends on which stream came first. Off on purpose: decided per stream here.
 */
export const SUFFIX_DECIDED_ACROSS_STREAMS = false;
