package dev.keepgate.api.rest;

import dev.keepgate.tensor.Npy;
import dev.keepgate.tensor.Safetensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/** In what the tensors of a body come, or go. */
enum TensorFormat {
  JSON(MediaType.APPLICATION_JSON_VALUE),
  SAFETENSORS(Safetensors.MEDIA_TYPE),

  /** One array alone. */
  NPY(Npy.MEDIA_TYPE);

  private final String type;

  TensorFormat(String type) {
    this.type = type;
  }

  boolean isBinary() {
    return this != JSON;
  }

  /** Of a body that a path takes. */
  static TensorFormat ofBody(@Nullable String contentType) {
    if (contentType == null || contentType.equals(MediaType.APPLICATION_JSON_VALUE)) {
      return JSON;
    }
    return of(MediaType.valueOf(contentType));
  }

  /**
   * JSON, unless another is asked for by name, and not after or below JSON: clients that are
   * generated name all that a document has, the first first.
   */
  static TensorFormat preferred(@Nullable String accept) {
    if (accept == null || accept.equals(MediaType.APPLICATION_JSON_VALUE)) {
      return JSON;
    }
    List<MediaType> named = new ArrayList<>(MediaType.parseMediaTypes(accept));
    named.removeIf(type -> !type.isConcrete() || !isKnown(type));
    // The order of those that are liked as well stays.
    named.sort(Comparator.comparingDouble(MediaType::getQualityValue).reversed());
    return named.isEmpty() ? JSON : of(named.get(0));
  }

  private static boolean isKnown(MediaType asked) {
    for (TensorFormat format : values()) {
      if (asked.isCompatibleWith(MediaType.valueOf(format.type))) {
        return true;
      }
    }
    return false;
  }

  private static TensorFormat of(MediaType asked) {
    for (TensorFormat format : values()) {
      if (asked.isCompatibleWith(MediaType.valueOf(format.type))) {
        return format;
      }
    }
    return JSON;
  }
}
