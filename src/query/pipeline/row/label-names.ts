/** Labels that tell why a row could not be parsed or converted. */
export const ERROR_LABEL = '__error__';
export const ERROR_DETAILS_LABEL = '__error_details__';

/** Behind the name of a parsed label when the stream or metadata has one of that name. */
export const EXTRACTED_SUFFIX = '_extracted';
