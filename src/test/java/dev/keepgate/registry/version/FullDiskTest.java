package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.repository.DiskFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A repository on a disk that fills up, and then may not be written. The disk is a real one of 2
 * MB, mounted in a namespace of a process of its own, where the system lets users have that.
 */
class FullDiskTest {

  private static final String MOUNT = "mount -t tmpfs -o size=2m,nr_inodes=64 tmpfs ";

  @TempDir Path root;

  /** What a server does on a small disk: prints a line for each thing that it found. */
  public static final class OnSmallDisk {

    private static final byte[] LARGE = ModelBytes.pytorch(64, 128, 1);
    private static final byte[] SMALL = ModelBytes.pytorch(3, 4, 1);

    private OnSmallDisk() {}

    public static void main(String[] args) throws Exception {
      Path root = Path.of(args[0]);
      try (OpenRegistry registry = OpenRegistry.start(root, new ReferenceKernel())) {
        long stored = 0;
        String full = null;
        while (full == null) {
          full = outcome(() -> registry.put("a", registry.models.list().size() + 1L, LARGE));
          stored += full == null ? 1 : 0;
        }
        say("put when full", full);
        say("versions stored are listed", stored > 1 && registry.models.list().size() == stored);
        say("nothing is left of what was refused", leftOver(root));
        fillInodes(root);
        say("put without inodes", outcome(() -> registry.put("b", 1, SMALL)));
        say("remove when full", outcome(() -> registry.models.remove(new ModelId("a", 1))));
        say("its files are gone", !Files.exists(root.resolve("a/1")));
        emptyInodes(root);
        say("put after that", outcome(() -> registry.put("b", 1, SMALL)));
        say("nothing is left of what was removed", leftOver(root));
      }
      try (OpenRegistry registry = OpenRegistry.start(root, new ReferenceKernel())) {
        fillInodes(root);
        say(
            "remove when full after a start",
            outcome(() -> registry.models.remove(new ModelId("a", 2))));
        emptyInodes(root);
        say("fault", registry.models.storageFault());
        run("mount", "-o", "remount,ro", root.toString());
        say("fault when read-only", registry.models.storageFault());
        say("put when read-only", outcome(() -> registry.put("c", 1, SMALL)));
        say("remove when read-only", outcome(() -> registry.models.remove(new ModelId("b", 1))));
        say("it serves on", serves(registry));
      }
      try (OpenRegistry registry = OpenRegistry.start(root, new ReferenceKernel())) {
        say("it starts read-only", serves(registry));
      }
    }

    private static boolean serves(OpenRegistry registry) {
      try (ModelHandle handle = registry.models.acquire(ModelRequest.specific("b", 1))) {
        return OpenRegistry.step(handle, new ReferenceKernel()).length == 4;
      }
    }

    private interface Change {
      void run() throws Exception;
    }

    /** Null where it succeeded. */
    private static @Nullable String outcome(Change change) throws Exception {
      try {
        change.run();
        return null;
      } catch (RegistryException.StorageFailure e) {
        return e.fault() + " " + e.getMessage();
      }
    }

    private static void say(String what, @Nullable Object found) {
      System.out.println("> " + what + ": " + found);
    }

    private static List<String> leftOver(Path root) throws IOException {
      try (Stream<Path> files = Files.walk(root)) {
        return files
            .filter(file -> file.toString().contains("/.keepgate-"))
            .map(file -> root.relativize(file).toString())
            .filter(file -> file.indexOf('/') > 0 && !file.endsWith("/lock"))
            .toList();
      }
    }

    private static void fillInodes(Path root) throws IOException {
      try {
        for (int i = 0; ; i++) {
          Files.createFile(root.resolve(".filler" + i));
        }
      } catch (IOException e) {
        say("filled", DiskFaults.of(e));
      }
    }

    private static List<Path> fillers(Path root) throws IOException {
      try (Stream<Path> entries = Files.list(root)) {
        return entries
            .filter(entry -> entry.getFileName().toString().startsWith(".filler"))
            .toList();
      }
    }

    private static void emptyInodes(Path root) throws IOException {
      for (Path filler : fillers(root)) {
        Files.delete(filler);
      }
    }

    private static void run(String... command) throws Exception {
      say(command[0], new ProcessBuilder(command).inheritIO().start().waitFor());
    }
  }

  @Test
  void changesAreRefusedWithTheReasonAndWhatIsThereServes() throws Exception {
    assumeThat(inNamespace(MOUNT + root)).as("mounting a disk as any user").contains("> 0");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String out =
        inNamespace(
            "%s%s && exec %s -cp '%s' '%s' %s"
                .formatted(
                    MOUNT,
                    root,
                    java,
                    System.getProperty("java.class.path"),
                    OnSmallDisk.class.getName(),
                    root));
    assertThat(out.lines().filter(line -> line.startsWith("> ")).map(line -> line.substring(2)))
        .as(out)
        .containsExactly(
            "put when full: FULL could not store an upload: no space is left on the repository's"
                + " disk; remove versions, or make it larger",
            "versions stored are listed: true",
            "nothing is left of what was refused: []",
            "filled: FULL",
            "put without inodes: FULL could not make room for an upload: no space is left on the"
                + " repository's disk; remove versions, or make it larger",
            "remove when full: null",
            "its files are gone: true",
            "put after that: null",
            "nothing is left of what was removed: []",
            "filled: FULL",
            "remove when full after a start: null",
            "fault: null",
            "mount: 0",
            "fault when read-only: READ_ONLY",
            "put when read-only: READ_ONLY could not make room for an upload: the repository may"
                + " only be read, so models cannot be changed; mount it writable and let the"
                + " server's user write to it",
            "remove when read-only: READ_ONLY could not remove model b/1: the repository may only"
                + " be read, so models cannot be changed; mount it writable and let the server's"
                + " user write to it",
            "it serves on: true",
            "it starts read-only: true",
            "0");
  }

  /** What a command prints that may mount what nobody else sees, and its status. */
  private static String inNamespace(String command) throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder("unshare", "-rm", "sh", "-c", command)
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      return e.toString();
    }
    try {
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return out + "\n> " + process.waitFor();
    } finally {
      process.destroyForcibly();
    }
  }
}
