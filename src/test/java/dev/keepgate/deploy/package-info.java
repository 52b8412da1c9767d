/** What the server is shipped in: the jar as a process, the image, the chart, the dashboard. */
@NullMarked
package dev.keepgate.deploy;

import org.jspecify.annotations.NullMarked;
