package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.AnswerCheck;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.ReplicaProperties;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Settings that do not go together are told at the start. */
class RegistryConfigurationTest {

  @EnableConfigurationProperties({RegistryProperties.class, ReplicaProperties.class})
  private static final class Properties {}

  @TempDir private Path root;

  private ApplicationContextRunner server() {
    return new ApplicationContextRunner()
        .withUserConfiguration(
            Properties.class, ImporterConfiguration.class, RegistryConfiguration.class)
        .withBean(LstmKernel.class, CountingKernel::new)
        .withBean(AnswerCheck.class, () -> RegistryConfigurationTest::noAnswersAreChecked)
        .withBean(
            MemoryPlan.class, () -> new MemoryPlan(1L << 31, 1 << 29, 1, 1 << 20, 1, 1 << 20, 1))
        .withPropertyValues(
            "keepgate.repository.path=" + root, "keepgate.repository.single-model=tagger");
  }

  private static AnswerCheck.Outcome noAnswersAreChecked(
      ExpectedAnswers expected, Signature signature, AnswerCheck.Computation computation) {
    throw new AssertionError("there is no model");
  }

  @Test
  void singleModelIsNotSharedByReplicas() {
    server()
        .withPropertyValues("keepgate.replicas.share=redis")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .hasMessageContaining("keepgate.repository.single-model")
                    .hasMessageContaining("keepgate.replicas.share=redis")
                    .hasMessageContaining("leave single-model out"));
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void singleModelIsServedAlone() {
    server().run(context -> assertThat(context).hasNotFailed());
  }
}
