package dev.keepgate.registry.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.replica.ReplicaPlan.Copy;
import dev.keepgate.registry.replica.SharedCatalog.Entry;
import dev.keepgate.registry.replica.SharedCatalog.Snapshot;
import dev.keepgate.registry.repository.Revision;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What follows from what is here and what all agree on. */
class ReplicaPlanTest {

  private static final ModelId ID = new ModelId("m", 1);

  /**
   * @param here {@code <revision>:<digest>}, followed by what else there is to say of it
   * @param there {@code <revision>:<digest>}, followed by {@code lost}
   */
  @ParameterizedTest(name = "{0} here, {1} there, {2} removed: {3}")
  @CsvSource({
    // What only one side has.
    ",           r1:d1,      ,   fetch",
    ",           r1:d1 lost, ,   ''",
    "r1:d1,      ,           ,   announce",
    "r1:d1 mark, ,           ,   announce",
    "r1:d1 mark, ,           r1, drop",
    "r1:d1,      ,           r1, drop",
    // What could not be loaded is another's business only where another knows of it.
    "r1:d1 end,      ,       ,   ''",
    "r1:d1 mark end, ,       ,   announce",
    "r1:d1 mark end, r1:d1,  ,   ''",
    // What both have.
    "r1:d1 mark, r1:d1,      ,   ''",
    "r1:d1 mark, r1:d1 lost, ,   announce",
    "r1:d1,      r2:d1,      ,   adopt",
    "r1:d1 mark, r2:d1,      ,   adopt",
    "r1:d1,      r2:d2,      ,   displace fetch",
    "r1:d1 mark, r2:d2,      r1, drop fetch",
    "r1:d1 mark, r2:d1,      r1, drop fetch",
    "r1:d1,      r2:d2 lost, ,   displace",
    // What is on its way, in here or into the catalog.
    "r1:d1 loading, ,        ,   unsettled",
    "r1:d1 loading, r2:d2,   ,   unsettled",
    // What has no files here.
    "absent end, r1:d1,      ,   fetch",
    "absent end, ,           ,   drop",
    "unread end, r1:d1,      ,   fetch",
    "unread end, ,           ,   ''",
    // What comes with the server.
    "b:- builtin, ,          ,   ''",
    "b:- builtin, ,          b,  drop",
    "b:- builtin, r1:d1,     ,   drop fetch",
  })
  void everyCaseHasOneAnswer(
      @Nullable String here, @Nullable String there, @Nullable String removed, String expected) {
    ReplicaPlan plan =
        ReplicaPlan.of(
            here == null ? List.of() : List.of(copy(here)),
            new Snapshot(
                "now",
                there == null ? Map.of() : Map.of(ID, entry(there)),
                Map.of(),
                removed == null ? Set.of() : Set.of(removed)));
    assertThat(words(plan)).isEqualTo(expected);
    assertThat(plan.isEmpty()).isEqualTo(expected.isEmpty() || expected.equals("unsettled"));
    assertThat(plan.all().isEmpty()).isEqualTo(expected.isEmpty());
  }

  private static Copy copy(String text) {
    ModelStatus status =
        text.contains("end")
            ? ModelStatus.END
            : text.contains("loading") ? ModelStatus.LOADING : ModelStatus.AVAILABLE;
    boolean hasRevision = text.contains(":");
    return new Copy(
        ID,
        status,
        text.contains("builtin"),
        !text.contains("absent"),
        hasRevision ? revision(text) : null,
        text.contains("mark"));
  }

  private static Entry entry(String text) {
    return new Entry(revision(text), 10, text.contains("lost") ? null : "content");
  }

  private static Revision revision(String text) {
    String[] parts = text.split(" ")[0].split(":");
    return new Revision(parts[0], parts[1]);
  }

  private static String words(ReplicaPlan plan) {
    Map<String, List<ModelId>> parts = new TreeMap<>();
    parts.put("1 drop", plan.drop());
    parts.put("2 displace", plan.displace());
    parts.put("3 adopt", plan.adopt());
    parts.put("4 announce", plan.announce());
    parts.put("5 fetch", plan.fetch());
    parts.put("6 unsettled", plan.unsettled());
    parts.values().removeIf(List::isEmpty);
    return String.join(" ", parts.keySet().stream().map(name -> name.substring(2)).toList());
  }
}
