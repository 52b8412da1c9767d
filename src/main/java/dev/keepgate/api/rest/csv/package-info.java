/**
 * Files of rows over HTTP: CSV is read a line at a time, computed a chunk of lines at a time, and
 * answered line by line as it comes.
 */
@NullMarked
package dev.keepgate.api.rest.csv;

import org.jspecify.annotations.NullMarked;
