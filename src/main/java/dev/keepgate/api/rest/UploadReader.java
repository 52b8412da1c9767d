package dev.keepgate.api.rest;

import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.BodyTooLargeException;
import dev.keepgate.api.http.HttpProperties;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.registry.Upload;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.Part;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Streams a model's files from a request to the disk. */
@Component
class UploadReader {

  private static final int MAX_CONFIG = 1 << 20;

  private final HttpProperties properties;

  UploadReader(HttpProperties properties) {
    this.properties = properties;
  }

  void read(HttpServletRequest request, @Nullable String format, Upload upload)
      throws IOException, ServletException {
    if (format != null) {
      upload.format(
          ModelFormat.of(format)
              .orElseThrow(
                  () ->
                      new TensorFormatException(
                          "?format",
                          "'%s' is no format; known are %s"
                              .formatted(
                                  format,
                                  Arrays.stream(ModelFormat.values())
                                      .map(ModelFormat::id)
                                      .toList()))));
    }
    String type = request.getContentType();
    long limit = properties.maxModel().toBytes();
    if (type != null && type.startsWith("multipart/form-data")) {
      if (request.getContentLengthLong() > limit) {
        throw new BodyTooLargeException(limit);
      }
      readParts(request, upload);
      return;
    }
    try (InputStream body = BodyLimit.of(request, limit);
        OutputStream file = upload.newFile("model")) {
      if (body.transferTo(file) == 0) {
        throw new TensorFormatException("", "the body is empty; it should be a model's file");
      }
    }
  }

  private static void readParts(HttpServletRequest request, Upload upload)
      throws IOException, ServletException {
    int files = 0;
    boolean configured = false;
    for (Part part : request.getParts()) {
      switch (part.getName()) {
        case "file" -> {
          String name = part.getSubmittedFileName();
          try (InputStream body = part.getInputStream();
              OutputStream file = upload.newFile(name == null ? "model" : name)) {
            body.transferTo(file);
          }
          files++;
        }
        case "config" -> {
          if (configured) {
            throw new TensorFormatException("/config", "is given twice");
          }
          configured = true;
          try (InputStream body = part.getInputStream()) {
            byte[] config = body.readNBytes(MAX_CONFIG + 1);
            if (config.length > MAX_CONFIG) {
              throw new TensorFormatException("/config", "is longer than 1 MiB");
            }
            upload.config(config);
          }
        }
        default ->
            throw new TensorFormatException(
                TensorFormatException.token(part.getName()),
                "is unknown; known parts are file, config");
      }
      part.delete();
    }
    if (files == 0) {
      throw new TensorFormatException("/file", "is missing");
    }
  }
}
