package io.faultline.fs.above;

import io.faultline.fs.core.MapRecord;

/**
 * One record of a dump as it was printed.
 *
 * @param number the record's own number, the column EXT
 * @param device {@code major:minor}
 * @param record what it says
 * @param inGroup whether its place in an allocation group is printed: only data devices have those
 */
record DumpLine(long number, String device, MapRecord record, boolean inGroup) {}
