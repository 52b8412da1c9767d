package dev.keepgate.security;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The command {@code create-key}: makes a key and what stands for it in the file of keys. */
public final class CreateKey {

  /** Its name, the first argument. */
  public static final String NAME = "create-key";

  private static final String USAGE =
      "usage: java -jar keepgate.jar %s --name <name> --roles <%s>%n"
          .formatted(NAME, Role.labels().replace(", ", ","))
          .stripTrailing();

  private CreateKey() {}

  /**
   * Prints a new key, and the entry to add to the file of keys.
   *
   * @param arguments those after the command's name
   * @return the process' exit status
   */
  public static int run(String[] arguments, PrintStream out, PrintStream err) {
    String name = null;
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    for (int i = 0; i < arguments.length; i += 2) {
      String value = i + 1 < arguments.length ? arguments[i + 1] : null;
      if (arguments[i].equals("--name") && value != null) {
        name = value;
      } else if (!(arguments[i].equals("--roles") && value != null && addAll(roles, value))) {
        err.println(USAGE);
        return 2;
      }
    }
    if (!isName(name) || roles.isEmpty()) {
      err.println(USAGE);
      err.println("a name is 1 to 64 letters, digits and '.', '_', '-'");
      return 2;
    }
    print(String.valueOf(name), roles, out);
    return 0;
  }

  private static boolean isName(@Nullable String name) {
    return name != null && KeysFile.NAME.matcher(name).matches();
  }

  private static boolean addAll(Set<Role> roles, String labels) {
    return Arrays.stream(labels.split(",", -1))
        .allMatch(label -> Role.of(label.strip()).map(roles::add).isPresent());
  }

  private static void print(String name, Set<Role> roles, PrintStream out) {
    ApiKey key = ApiKey.mint();
    out.println("The key, which is shown this once:");
    out.println();
    out.println("  " + key.text());
    out.println();
    out.println("Its entry below 'keys:' of the keys file (keepgate.security.keys-file):");
    out.println();
    out.print(KeysFile.entry(name, key, roles));
  }
}
