package dev.keepgate.importer.framework.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.framework.preprocessing.ScalerFile;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.model.Scaler;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.preprocessor.AbstractDataSetNormalizer;
import org.nd4j.linalg.dataset.api.preprocessor.ImagePreProcessingScaler;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerMinMaxScaler;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.dataset.api.preprocessor.serializer.NormalizerSerializer;
import org.nd4j.linalg.factory.Nd4j;

/** Normalizers that ND4J saved give what ND4J computes, as exactly as it does. */
class Dl4jNormalizerTest {

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  private static byte[] save(AbstractDataSetNormalizer<?> normalizer) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    NormalizerSerializer.getDefault().write(normalizer, out);
    return out.toByteArray();
  }

  private static DataSet data(DataType type) {
    Random random = new Random(5);
    double[][] features = new double[30][];
    double[][] labels = new double[30][];
    for (int i = 0; i < features.length; i++) {
      features[i] =
          new double[] {random.nextGaussian() * 40, random.nextDouble() - 0.5, 3 * i + 1000};
      labels[i] = new double[] {random.nextGaussian() + 7, random.nextDouble() * 90};
    }
    return new DataSet(
        Nd4j.createFromArray(features).castTo(type), Nd4j.createFromArray(labels).castTo(type));
  }

  @ParameterizedTest
  @CsvSource({
    "standardize,false,FLOAT",
    "standardize,true,DOUBLE",
    "minmax,false,FLOAT",
    "minmax,true,FLOAT",
    "minmax,true,DOUBLE"
  })
  void normalizerGivesWhatNd4jDoes(String kind, boolean fitsLabels, DataType type)
      throws Exception {
    DataSet data = data(type);
    AbstractDataSetNormalizer<?> normalizer =
        kind.equals("minmax") ? new NormalizerMinMaxScaler(-1, 3) : new NormalizerStandardize();
    normalizer.fitLabel(fitsLabels);
    normalizer.fit(data);
    ScalerFile file = ScalerFile.read(save(normalizer), ImportLimits.DEFAULT);
    DataSet copy = data.copy();
    normalizer.transform(copy);
    assertSame(file.scaler(), data.getFeatures(), copy.getFeatures());
    if (fitsLabels) {
      assertSame(Objects.requireNonNull(file.target()), data.getLabels(), copy.getLabels());
    } else {
      assertThat(file.target()).isNull();
    }
  }

  private static void assertSame(Scaler scaler, INDArray raw, INDArray scaled) {
    for (int row = 0; row < raw.rows(); row++) {
      for (int column = 0; column < raw.columns(); column++) {
        double own = scaler.scale(column, raw.getDouble(row, column));
        assertThat(own).isCloseTo(scaled.getDouble(row, column), within(2e-5));
        assertThat(scaler.invert(column, own)).isCloseTo(raw.getDouble(row, column), within(1e-9));
      }
    }
  }

  @Test
  void everyStartOfTheFileIsRefused() throws Exception {
    NormalizerStandardize normalizer = new NormalizerStandardize();
    normalizer.fit(data(DataType.FLOAT));
    byte[] file = save(normalizer);
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> ScalerFile.read(cut, ImportLimits.DEFAULT))
          .isInstanceOf(ImportException.class);
    }
  }

  @Test
  void imagesPreprocessorIsNamed() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    NormalizerSerializer.getDefault().write(new ImagePreProcessingScaler(), out);
    assertThatThrownBy(() -> ScalerFile.read(out.toByteArray(), ImportLimits.DEFAULT))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("IMAGE_MIN_MAX");
  }
}
