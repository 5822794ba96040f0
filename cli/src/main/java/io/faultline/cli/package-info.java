/** The command line: arguments in, HTTP calls out, answers as tables for people or as JSON. */
@NullMarked
package io.faultline.cli;

import org.jspecify.annotations.NullMarked;
