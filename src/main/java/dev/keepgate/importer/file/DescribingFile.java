package dev.keepgate.importer.file;

import java.util.regex.Pattern;

/**
 * Files that lie beside models and tell of them, to people or to what runs before the network: no
 * number of the network is in them.
 */
public final class DescribingFile {

  private static final Pattern NAME =
      Pattern.compile(
          "(?i)(.*[._-])?(readme|licen[sc]e|notice|changelog|authors|citation|model_?card)"
              + "(\\.(md|txt|rst|cff|html))?"
              + "|.*\\.(md|rst)|.*\\.git(attributes|ignore)|requirements\\.txt"
              + "|(.*[_-])?config\\.json"
              + "|tokenizer\\.json|special_tokens_map\\.json|added_tokens\\.json"
              + "|vocab\\.(json|txt)|merges\\.txt");

  private DescribingFile() {}

  /** Whether a file of this name, without its folders, describes. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** Whether a file is one that systems put into folders and archives by themselves. */
  public static boolean isOfSystem(String path) {
    String last = path.substring(path.lastIndexOf('/') + 1);
    return path.startsWith("__MACOSX/")
        || path.contains("/__MACOSX/")
        || last.startsWith("._")
        || last.equals(".DS_Store")
        || last.equals("Thumbs.db")
        || last.equals("desktop.ini");
  }
}
