package dev.keepgate.api.payload;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * The file of the payload log, and those before it. A thread of its own writes; lines that it does
 * not keep up with are left out.
 */
final class PayloadFile implements AutoCloseable {

  private static final int QUEUE = 64;
  private static final int PATIENCE_SECONDS = 5;

  /** Only who runs the server may look into a folder that is made here. */
  private static final FileAttribute<?> OWN =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Logger logger;
  private final ThreadPoolExecutor writer;

  /**
   * @throws IOException if its folder cannot be made
   */
  PayloadFile(Path file, PayloadLogProperties properties) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      Files.createDirectories(folder, OWN);
    }
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setContext(context);
    appender.setFile(file.toString());
    appender.setEncoder(encoder(context));
    roll(appender, file, properties);
    appender.start();
    logger = context.getLogger(PayloadFile.class);
    logger.addAppender(appender);
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-payload-log-");
    factory.setDaemon(true);
    writer =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUE), factory);
  }

  private static PatternLayoutEncoder encoder(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%msg%n");
    encoder.start();
    return encoder;
  }

  private static void roll(
      RollingFileAppender<ILoggingEvent> appender, Path file, PayloadLogProperties properties) {
    FixedWindowRollingPolicy files = new FixedWindowRollingPolicy();
    files.setContext(appender.getContext());
    files.setParent(appender);
    files.setFileNamePattern(file + ".%i");
    files.setMinIndex(1);
    files.setMaxIndex(properties.maxFiles());
    files.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(appender.getContext());
    size.setMaxFileSize(new FileSize(properties.maxFileSize().toBytes()));
    size.setCheckIncrement(Duration.buildByMilliseconds(100));
    size.start();
    appender.setRollingPolicy(files);
    appender.setTriggeringPolicy(size);
  }

  /**
   * Adds a line, which is made by the thread that writes: there is one of them at a time.
   *
   * @param line gives null where there is none
   * @param over run once the line is written, or left out
   */
  void write(Supplier<@Nullable String> line, Runnable over) {
    Runnable task =
        () -> {
          try {
            String text = line.get();
            if (text != null) {
              logger.info(text);
            }
          } finally {
            over.run();
          }
        };
    try {
      writer.execute(task);
    } catch (RejectedExecutionException e) {
      over.run();
    }
  }

  /** Writes what waits. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        writer.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    logger.getLoggerContext().stop();
  }
}
