package dev.keepgate;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.ClassesShouldConjunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The house's rooms: which may know which, and why. */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.keepgate");

  @ParameterizedTest
  @MethodSource("rules")
  void roomsKeepToTheirFloors(ArchRule rule) {
    rule.check(CLASSES);
  }

  /** Those that stand on {@code tensor}, {@code memory}, {@code redis} and {@code listener}. */
  private static final String[] ROOMS = {
    "model", "kernel", "importer", "registry", "batch", "sequence", "inference", "api", "metrics"
  };

  static Stream<ArchRule> rules() {
    return Stream.of(
        noClasses()
            .that()
            .resideOutsideOfPackage("..kernel..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.nd4j..", "org.bytedeco..")
            .because("ND4J gets no more releases: whatever replaces it must replace one room only"),
        classes()
            .that()
            .resideInAPackage("dev.keepgate.tensor..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "dev.keepgate.tensor..", "java..", "tools.jackson.core..", "org.jspecify..")
            .because("numbers and their formats lie below all that is done with them"),
        room(
                "model",
                "kernel",
                "importer",
                "registry",
                "batch",
                "sequence",
                "inference",
                "api",
                "metrics")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "tools.jackson..")
            .because("what a model is must not change with a framework of ours"),
        room("kernel", "importer", "registry", "batch", "sequence", "inference", "api", "metrics")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..")
            .because("the arithmetic is a pure function and runs without a server"),
        room("importer", "kernel", "registry", "batch", "sequence", "inference", "api", "metrics")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "jakarta.servlet..")
            .because("an importer turns bytes into a model and knows no one who asks"),
        room("importer.file", "importer.framework", "model")
            .because("a container tells what its tensors are called, not what they mean"),
        noClasses()
            .that()
            .resideInAPackage("dev.keepgate.importer")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.keepgate.importer.file..", "dev.keepgate.importer.framework..")
            .because("what an importer is does not depend on which there are"),
        room("registry", "batch", "sequence", "inference", "api", "metrics")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.web..", "jakarta.servlet..")
            .because(
                "models are loaded and kept the same whoever asks, and whatever computes them"),
        room("batch", "importer", "registry", "sequence", "inference", "api", "metrics")
            .because("a worker computes tasks and knows neither models' names nor their clients"),
        room("sequence", "kernel", "importer", "registry", "batch", "inference", "api", "metrics")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.web..", "jakarta.servlet..")
            .because("state is kept the same whatever computes it and whoever asks"),
        room("inference", "importer", "api", "metrics")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.web..", "jakarta.servlet..")
            .because("the use cases serve every protocol alike"),
        noClasses()
            .that()
            .resideOutsideOfPackages(
                "dev.keepgate.sequence..",
                "dev.keepgate.registry.replica.redis..",
                "dev.keepgate.redis..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.data..", "io.lettuce..")
            .because("only a store knows where sequences lie, and what replicas agree on"),
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.keepgate.registry.replica.redis..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.keepgate.registry.replica.redis..")
            .because("the registry is the same for one server and for many, whatever joins them"),
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.keepgate.registry..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.keepgate.registry.version..",
                "dev.keepgate.registry.repository..",
                "dev.keepgate.registry.replica..")
            .because("other rooms borrow models, and do not care how versions live and are kept"),
        room("redis", ROOMS).because("how Redis is reached does not depend on what is kept there"),
        room("security", ROOMS)
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.web..", "jakarta.servlet..", "io.grpc..")
            .because("who may do what is the same by every protocol"),
        room("memory", ROOMS).because("memory is asked for before it is taken, whoever takes it"),
        room("api", "kernel", "batch", "sequence", "metrics")
            .because(
                "a protocol asks the use cases; who computes, and where state lies, is not its business"),
        room("api.kafka", "api.rest", "api.oip", "api.http", "api.openapi")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.web..", "jakarta.servlet..")
            .because("no door knows another, and records do not come over HTTP"),
        room("api.rest", "api.oip", "api.kafka")
            .because("no door knows another: each protocol can go alone"),
        room("api.oip.http", "api.rest", "api.oip.grpc", "api.kafka")
            .because("no door knows another: each protocol can go alone"),
        room("api.oip.grpc", "api.rest", "api.http", "api.oip.http", "api.kafka")
            .because("no door knows another, and gRPC is not served over our HTTP"),
        room("api.http", "api.rest", "api.oip", "api.kafka", "api.openapi")
            .because("what HTTP's doors share knows none of them"),
        room("api.error", "api.http", "api.rest", "api.oip", "api.openapi")
            .because("what went wrong is known before any protocol words it"),
        room("api.access", "api.http", "api.rest", "api.oip", "api.openapi", "inference")
            .because("a line of the log is the same, however its request came"),
        room(
                "api.json",
                "api.rest",
                "api.http",
                "api.oip",
                "api.kafka",
                "api.openapi",
                "api.error",
                "api.access",
                "api.payload",
                "api.web")
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "jakarta.servlet..")
            .because("a number is written the same, whichever door it leaves by"),
        room("api.openapi", "api.http", "api.rest", "api.oip", "api.error")
            .because("the documents are written by hand, and served as they are"),
        noClasses()
            .that()
            .resideInAPackage("dev.keepgate.api.oip")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.keepgate.api.oip.http..",
                "dev.keepgate.api.oip.grpc..",
                "dev.keepgate.api.http..",
                "io.grpc..",
                "jakarta.servlet..")
            .because("what the protocol says is the same by either way"),
        noClasses()
            .that()
            .resideOutsideOfPackage("..metrics..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.keepgate.metrics..")
            .because("meters listen to the rooms; no room depends on being measured"),
        room("metrics", "api").because("what is measured does not depend on who asks"),
        slices()
            .matching("dev.keepgate.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a room stands above all that it knows"),
        slices()
            .matching("dev.keepgate.(**)")
            .should()
            .beFreeOfCycles()
            .because("inside a room, too, a package stands above all that it knows"),
        noClasses()
            .that()
            .resideInAPackage("dev.keepgate.kernel")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.keepgate.kernel.*..")
            .because("what every kernel answers to knows none of them"),
        noClasses()
            .that()
            .resideInAPackage("dev.keepgate.kernel.reference..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.keepgate.kernel.backend..",
                "dev.keepgate.kernel.choice..",
                "dev.keepgate.kernel.cpu..",
                "dev.keepgate.kernel.layer..",
                "dev.keepgate.kernel.nd4j..",
                "org.nd4j..",
                "org.bytedeco..")
            .because("an oracle that shares code with what it judges shares its faults"),
        noClasses()
            .that()
            .resideInAnyPackage(
                "dev.keepgate.kernel.backend..",
                "dev.keepgate.kernel.cpu..",
                "dev.keepgate.kernel.layer..",
                "dev.keepgate.kernel.nd4j..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.keepgate.kernel.reference..")
            .because("a kernel that calls the oracle agrees with it, right or wrong"),
        slices()
            .matching("dev.keepgate.kernel.(cpu|nd4j|reference)..")
            .should()
            .notDependOnEachOther()
            .because("kernels are held against each other"));
  }

  private static ClassesShouldConjunction room(String room, String... mustNotKnow) {
    return noClasses()
        .that()
        .resideInAPackage("dev.keepgate." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            Stream.of(mustNotKnow)
                .map(other -> "dev.keepgate." + other + "..")
                .toArray(String[]::new));
  }
}
