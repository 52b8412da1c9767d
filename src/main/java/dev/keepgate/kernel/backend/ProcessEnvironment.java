package dev.keepgate.kernel.backend;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;

/**
 * The environment that native libraries see. {@link System#getenv} goes on showing what it was when
 * the JVM started.
 */
interface ProcessEnvironment extends Library {

  /** POSIX. */
  int setenv(String name, String value, int overwrite);

  /**
   * Sets a variable, before the library that reads it is loaded.
   *
   * @throws BackendException where there is no such function
   */
  static void set(String name, String value) {
    if (Platform.isWindows()) {
      throw new BackendException(
          "On Windows, set %s=%s in the environment before the start".formatted(name, value));
    }
    ProcessEnvironment library = Native.load(Platform.C_LIBRARY_NAME, ProcessEnvironment.class);
    if (library.setenv(name, value, 1) != 0) {
      throw new BackendException("The environment variable %s cannot be set".formatted(name));
    }
  }
}
